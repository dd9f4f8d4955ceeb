/** Codes of the gateway's own in what a channel answers. */
export const CHANNEL_FAULTS = {
  /** No connection came about: nothing has gone out. */
  unreachable: 'unreachable',
  /** It went out and no answer came in time. */
  noAnswer: 'no-answer',
  /** The connection ended after it went out and before the answer came. */
  cut: 'cut',
  /** An answer that cannot be understood. */
  nonsense: 'nonsense',
  /** The other side takes no more for now. */
  rateLimited: 'rate-limited',
  /** As many wait as may. */
  queueFull: 'queue-full',
  /** Taken back before it went out. */
  cancelled: 'cancelled',
  /** The recipient has no address that this channel can use. */
  noAddress: 'no-address',
  /** The certificate or the protocol of a secured connection. */
  tls: 'tls',
  /** User name or password. */
  login: 'login',
  /** There is no modem on the port, or it does not answer. */
  noModem: 'no-modem',
  /** The modem began anew in the midst of it. */
  modemReset: 'modem-reset',
  /** The SIM is in no network. */
  notRegistered: 'not-registered',
  /** No SIM, or it is locked, barred or without the service. */
  simCannotSend: 'sim-cannot-send',
  /** One part of a long message was not taken. */
  partial: 'partial',
  /** The network says that the message was not delivered. */
  undelivered: 'undelivered',
  /** The board has no text for it. */
  noTemplate: 'no-template',
  /** The board shows something else than was written. */
  readBack: 'read-back',
  busy: 'busy',
  /** It rang, and nobody picked up. */
  notPickedUp: 'not-picked-up',
  /** The call did not come about, or was refused. */
  notConnected: 'not-connected',
} as const;
