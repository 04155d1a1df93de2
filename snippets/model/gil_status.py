import sys
import sysconfig


def gil_is_on() -> bool:
    if sys.version_info < (3, 13):
        return True
    return sys._is_gil_enabled()


def main() -> None:
    free = sysconfig.get_config_var("Py_GIL_DISABLED") == 1
    print(f"free-threaded build: {free}")
    print(f"GIL is on: {gil_is_on()}")


if __name__ == "__main__":
    main()
