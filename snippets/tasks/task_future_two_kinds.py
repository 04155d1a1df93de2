import asyncio
import concurrent.futures


async def main() -> None:
    pooled: concurrent.futures.Future[str] = concurrent.futures.Future()
    pooled.add_done_callback(lambda _: print("concurrent: callback"))
    pooled.set_result("done")
    print("concurrent: set_result returned")

    future = asyncio.get_running_loop().create_future()
    future.add_done_callback(lambda _: print("asyncio: callback"))
    future.set_result("done")
    print("asyncio: set_result returned")
    await asyncio.sleep(0)
    print("asyncio: one pass later")

    print(f"wrap_future: {await asyncio.wrap_future(pooled)}")


if __name__ == "__main__":
    asyncio.run(main())
