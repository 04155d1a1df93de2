from concurrent.futures import ThreadPoolExecutor


def save(report: str) -> None:
    raise OSError(f"no room for {report}")


def main() -> None:
    with ThreadPoolExecutor() as pool:
        for report in ("January", "February"):
            pool.submit(save, report)
    print("all reports are saved")


if __name__ == "__main__":
    main()
