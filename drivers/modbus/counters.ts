/** Monotonic counters of one link, by the names that `/metrics` shows. */
export interface Counters {
  /** Requests that went out; `answers` of them were answered, `exceptions` of those by an exception. */
  requests: number;
  answers: number;
  exceptions: number;
  timeouts: number;
  /** Requests to units that were away, to see whether they are back. */
  probes: number;
  /** Requests asked again within their poll, and answers that the unit is busy. */
  retries: number;
  busy: number;
  /** Requests that a unit refused since it has not all that was asked for. */
  illegal: number;
  /** Values written, and those of them that were not seen to stand in the device. */
  writes: number;
  writesFailed: number;
  /** Replies thrown away: after their time-out; of another unit, function or transaction; of another length. */
  late: number;
  foreign: number;
  short: number;
  overlong: number;
  /** Our own requests that the adapter gave back. */
  echo: number;
  /** Bytes thrown away: a wrong CRC; no Modbus at all. */
  crc: number;
  nonsense: number;
  /** Polls that were due while the one before had not ended, and readings that nobody took in time. */
  missed: number;
  dropped: number;
  connects: number;
}

export const makeCounters = (): Counters => ({
  requests: 0,
  answers: 0,
  exceptions: 0,
  timeouts: 0,
  probes: 0,
  retries: 0,
  busy: 0,
  illegal: 0,
  writes: 0,
  writesFailed: 0,
  late: 0,
  foreign: 0,
  short: 0,
  overlong: 0,
  echo: 0,
  crc: 0,
  nonsense: 0,
  missed: 0,
  dropped: 0,
  connects: 0,
});
