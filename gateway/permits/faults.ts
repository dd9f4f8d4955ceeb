/** Codes of the faults of permits. */
export const PERMIT_FAULTS = {
  /** It is not as a permit is described. */
  invalid: 'permit-invalid',
  /** No permit of that number. */
  unknown: 'no-such-permit',
  /** The number is taken. */
  exists: 'permit-exists',
  /** The revision is taken by something else. */
  revision: 'permit-revision',
  /** It is on nothing that the site has. */
  site: 'permit-site',
  /** The bound of what is kept is reached. */
  tooMany: 'too-many-permits',
  notDurable: 'not-durable',
} as const;
