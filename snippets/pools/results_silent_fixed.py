from concurrent.futures import ThreadPoolExecutor


def save(report: str) -> None:
    raise OSError(f"no room for {report}")


def main() -> None:
    with ThreadPoolExecutor() as pool:
        saves = {
            report: pool.submit(save, report)
            for report in ("January", "February")
        }
    for report, future in saves.items():
        error = future.exception()
        print(f"{report}: {error or 'saved'}")


if __name__ == "__main__":
    main()
