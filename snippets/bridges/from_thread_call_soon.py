import asyncio
import threading


async def main() -> None:
    loop = asyncio.get_running_loop()
    reading: asyncio.Future[int] = loop.create_future()

    def arrived(value: int) -> None:
        print(f"callback: {threading.current_thread().name}")
        reading.set_result(value)

    def sensor() -> None:
        print(f"sensor: {threading.current_thread().name}")
        loop.call_soon_threadsafe(arrived, 21)

    thread = threading.Thread(target=sensor, name="Sensor")
    thread.start()
    print(f"main: {await reading}")
    thread.join()


if __name__ == "__main__":
    asyncio.run(main())
