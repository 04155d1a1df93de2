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

    threading.Thread(target=sensor, name="Sensor").start()
    print(f"main: {await reading}")


if __name__ == "__main__":
    asyncio.run(main())
