import multiprocessing


def greet() -> None:
    print("child: hello")


spawn = multiprocessing.get_context("spawn")
child = spawn.Process(target=greet)
child.start()
child.join()
print(f"parent: exit code {child.exitcode}")
