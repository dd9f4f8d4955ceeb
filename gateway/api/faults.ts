/** Every code that the API answers with, its HTTP status, and its title (RFC 9457, 3.1.3: the same for each occurrence). */
export const API_FAULTS = {
  invalid: [400, 'The request is not as described'],
  'not-signed-in': [401, 'Not signed in'],
  'wrong-sign-in': [401, 'Wrong name or password'],
  'not-allowed': [403, 'Not allowed for this role'],
  'wrong-password': [403, 'Wrong present password'],
  'cross-site': [403, 'The request comes from another site'],
  'loopback-only': [403, 'Only from the box itself'],
  'no-such-route': [404, 'No such route'],
  'no-such-alarm': [404, 'No such alarm'],
  'no-picture': [404, 'No picture'],
  'no-such-point': [404, 'No such point'],
  'no-such-user': [404, 'No such user'],
  'no-such-site': [404, 'No such kept site'],
  'no-such-output': [404, 'No such output'],
  'output-value': [422, 'The output may not be that'],
  'output-time': [422, 'Not for so long'],
  'output-silence': [403, 'It may not be silenced'],
  closed: [409, 'The alarm is closed'],
  'name-taken': [409, 'The name is taken'],
  'last-admin': [409, 'The last admin'],
  'no-such-permit': [404, 'No such permit'],
  'permit-exists': [409, 'The number is taken'],
  'permit-revision': [409, 'The permit was changed meanwhile'],
  'permit-site': [422, 'The permit is on nothing that the site has'],
  'too-many-permits': [409, 'Too many permits'],
  'no-such-device': [404, 'No such device'],
  'no-photo': [404, 'No such photo'],
  'not-a-photo': [422, 'Neither JPEG nor PNG'],
  'too-many-photos': [409, 'Too many photos'],
  'site-edit': [409, "The site's files cannot be changed from here"],
  'site-unwritable': [503, "The site's directory cannot be written"],
  'site-busy': [409, 'The site is being changed already'],
  'site-needs-restart': [409, 'Only a restart can change this'],
  'site-differs': [409, "The site's directory holds what is not applied"],
  'invitation-gone': [410, 'The link is used up, replaced or too old'],
  'too-large': [413, 'Too large'],
  'media-type': [415, 'Not application/json'],
  'site-invalid': [422, 'The site is not right'],
  'too-many-attempts': [429, 'Too many attempts'],
  internal: [500, 'The gateway made a mistake'],
  'site-failed': [503, 'The site cannot be applied'],
  'not-durable': [503, 'Cannot be stored now'],
  unavailable: [503, 'A part of the gateway does not answer'],
  'too-many-viewers': [503, 'Too many live viewers'],
  busy: [503, 'Busy'],
} as const satisfies Readonly<Record<string, readonly [status: number, title: string]>>;

export type ApiCode = keyof typeof API_FAULTS;

export const isApiCode = (code: string | undefined): code is ApiCode =>
  code !== undefined && Object.hasOwn(API_FAULTS, code);

/** What `openApi` itself fails with when it cannot listen. */
export const LISTEN = 'listen';
