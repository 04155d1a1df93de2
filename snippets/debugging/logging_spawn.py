import logging
import multiprocessing


def work() -> None:
    log = logging.getLogger()
    level = logging.getLevelName(log.level)
    print(f"child: {level}, handlers: {len(log.handlers)}")


def main() -> None:
    logging.basicConfig(level=logging.INFO)
    for method in ("fork", "spawn"):
        context = multiprocessing.get_context(method)
        child = context.Process(target=work)
        child.start()
        child.join()


if __name__ == "__main__":
    main()
