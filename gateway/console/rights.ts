/** What a role may do to an alarm; the gateway decides, the page only does not offer what it would refuse. */
export interface Rights {
  readonly acknowledge: boolean;
  readonly note: boolean;
}

export const rightsOf = (role: string): Rights => ({
  acknowledge: ['duty', 'responder', 'installer', 'admin'].includes(role),
  note: ['duty', 'responder', 'admin'].includes(role),
});

export const NO_RIGHTS: Rights = { acknowledge: false, note: false };
