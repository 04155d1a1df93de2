import asyncio

RECIPES = [
    "@asyncio.coroutine\ndef main(): yield",
    "async def main(): yield from asyncio.sleep(1)",
    "asyncio.async(main())",
    "asyncio.Queue(loop=None)",
    "asyncio.Task.all_tasks()",
    "asyncio.run(asyncio.wait([asyncio.sleep(1)]))",
]


def main() -> None:
    for recipe in RECIPES:
        try:
            exec(recipe, {"asyncio": asyncio})
        except Exception as error:
            print(f"{type(error).__name__}: {recipe.splitlines()[0]}")


if __name__ == "__main__":
    main()
