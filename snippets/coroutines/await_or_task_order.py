import asyncio


async def step(name: str) -> None:
    task = asyncio.current_task()
    print(f"{name}: runs in {task and task.get_name()}")


async def main() -> None:
    task = asyncio.create_task(step("second"), name="background")
    print("create_task returned")
    await step("first")
    print("await step() returned")
    await task
    print("await task returned")


if __name__ == "__main__":
    asyncio.run(main())
