"""An independent Modbus TCP slave (python3-pymodbus), its registers set by the test.

    with Slave({1: [0] * 100}) as slave:    # unit → holding registers from address 0
        slave.set(1, 10, 950)
"""

import asyncio
import threading

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server.async_io import ModbusTcpServer

HOLDING = 3


class Slave:
    def __init__(self, units, port=0):
        self.contexts = {}
        for unit, registers in units.items():
            # zero_mode: address 0 on the wire is the first element, as Modbus says; else pymodbus adds one.
            block = ModbusSequentialDataBlock(0, list(registers))
            self.contexts[unit] = ModbusSlaveContext(hr=block, ir=block, zero_mode=True)
        self.port = port
        self._up = threading.Event()
        self._thread = None

    def set(self, unit, address, *values):
        self.contexts[unit].setValues(HOLDING, address, list(values))

    async def _serve(self):
        context = ModbusServerContext(slaves=self.contexts, single=False)
        self._server = ModbusTcpServer(context, address=("127.0.0.1", self.port), allow_reuse_address=True)
        serving = asyncio.ensure_future(self._server.serve_forever())
        await self._server.serving
        self.port = self._server.server.sockets[0].getsockname()[1]
        self._up.set()
        await self._ended.wait()
        await self._server.server_close()
        serving.cancel()

    def _main(self):
        self._loop = asyncio.new_event_loop()
        asyncio.set_event_loop(self._loop)
        self._ended = asyncio.Event()
        try:
            self._loop.run_until_complete(self._serve())
        except asyncio.CancelledError:
            pass

    def start(self):
        self._up.clear()
        self._thread = threading.Thread(target=self._main, daemon=True)
        self._thread.start()
        assert self._up.wait(10), "the slave did not start"
        return self

    def stop(self):
        self._loop.call_soon_threadsafe(self._ended.set)
        self._thread.join(10)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.stop()
