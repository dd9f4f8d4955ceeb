"""A pymodbus slave: units 1 and 2; register n holds n + 1000 * unit, registers 100 to 111 hold known values.

usage: slave.py tcp PORT | rtu-over-tcp PORT | rtu TTY [PORT]

A tty's registers can be written over TCP too, at PORT.
"""
import asyncio
import struct
import sys

from pymodbus.datastore import ModbusSequentialDataBlock, ModbusServerContext, ModbusSlaveContext
from pymodbus.server import StartAsyncSerialServer, StartAsyncTcpServer
from pymodbus.transaction import ModbusRtuFramer, ModbusSocketFramer


def registers(unit):
    values = [n + 1000 * unit for n in range(400)]
    known = struct.pack(">fhIdQ", 21.5, -7, 4000000000, -2.25, 1 << 40)
    known = struct.pack(">f", 21.5) + struct.pack(">h", -7) + known[6:]
    words = [int.from_bytes(known[i : i + 2], "big") for i in range(0, len(known), 2)]
    values[100 : 100 + len(words)] = words
    return ModbusSequentialDataBlock(0, values)


def unit(number):
    bits = [n % 3 == 0 for n in range(200)]
    return ModbusSlaveContext(
        hr=registers(number),
        ir=ModbusSequentialDataBlock(0, [9000 + n for n in range(50)]),
        co=ModbusSequentialDataBlock(0, bits),
        di=ModbusSequentialDataBlock(0, [not bit for bit in bits]),
        zero_mode=True,
    )


context = ModbusServerContext(slaves={1: unit(1), 2: unit(2)}, single=False)
kind, where, *control = sys.argv[1:]


def tcp(port, framer):
    return StartAsyncTcpServer(
        context=context, allow_reuse_address=True, framer=framer, address=("127.0.0.1", int(port))
    )


def rtu(tty):
    return StartAsyncSerialServer(context=context, framer=ModbusRtuFramer, port=tty, baudrate=19200, timeout=0.01)


async def main():
    if kind == "rtu":
        await asyncio.gather(rtu(where), *(tcp(port, ModbusSocketFramer) for port in control))
    else:
        await tcp(where, ModbusSocketFramer if kind == "tcp" else ModbusRtuFramer)


asyncio.run(main())
