/**
 * What a gateway is compared with: reads one register and publishes it by MQTT. It judges nothing, and stores nothing
 * unless a database is named: then each value is committed there, on disk, before it is published.
 *
 * usage: node tests/bench/bare-loop.mjs MODBUS_PORT UNIT EVERY_MS OFFSET_MS MQTT_PORT TOPIC [DATABASE]
 */
import { connect } from 'node:net';
import { DatabaseSync } from 'node:sqlite';
import mqtt from 'mqtt';

const [port, unit, everyMs, offsetMs, mqttPort] = process.argv.slice(2).map(Number);
const [topic, database] = process.argv.slice(7);

let store = () => {};
if (database !== undefined) {
  const db = new DatabaseSync(database);
  db.exec(
    'PRAGMA journal_mode=WAL; PRAGMA synchronous=FULL; CREATE TABLE entries (sequence INTEGER PRIMARY KEY, json)',
  );
  const insert = db.prepare('INSERT INTO entries (json) VALUES (?)');
  store = (json) => insert.run(json);
}
const client = mqtt.connect({ host: '127.0.0.1', port: mqttPort });
const socket = connect({ host: '127.0.0.1', port, noDelay: true });
socket.on('data', (reply) => {
  const json = JSON.stringify({ data: { value: reply.readUInt16BE(9) } });
  store(json);
  client.publish(topic, json, { qos: 1 });
});
let transaction = 0;
const ask = () => {
  transaction = (transaction + 1) & 0xffff;
  socket.write(Buffer.from([transaction >> 8, transaction & 0xff, 0, 0, 0, 6, unit, 3, 0, 0, 0, 1]));
  setTimeout(ask, everyMs - ((Date.now() - offsetMs) % everyMs));
};
socket.once('connect', ask);
