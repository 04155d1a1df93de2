import dis


class Counter:
    def __init__(self) -> None:
        self.value = 0

    def add(self) -> None:
        self.value += 1


def main() -> None:
    steps = {"LOAD_ATTR", "BINARY_OP", "STORE_ATTR"}
    for instruction in dis.get_instructions(Counter.add):
        if instruction.opname in steps:
            print(instruction.opname, instruction.argrepr)


if __name__ == "__main__":
    main()
