/** Codes of the faults of an upstream, for its status and for logs. */
export const UPSTREAM_FAULTS = {
  /** The broker refused the connection: credentials, client id, version. */
  refused: 'upstream-refused',
  /** No connection came about, or it was lost. */
  unreachable: 'upstream-unreachable',
  /** A message was not acknowledged in time. */
  unacknowledged: 'upstream-unacknowledged',
  /** A message was acknowledged with an error. */
  rejected: 'upstream-rejected',
  /** The certificate authority's file could not be read. */
  certificate: 'upstream-certificate',
  /** The log could not be read. */
  log: 'upstream-log',
} as const;
