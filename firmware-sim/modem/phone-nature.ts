/** What becomes of the next messages and calls; all of it can be changed while it runs. */
export interface PhoneNature {
  /**
   * `takes`: numbers it; a number: +CMS ERROR; `no-prompt`: never asks for it; `no-answer`: has it and says nothing; `resets`:
   * has it and begins anew; `once`: refuses the first (+CMS ERROR: 38), takes the next. `one`: takes one, and no more (+CMS ERROR: 41).
   */
  sms: 'takes' | 'no-prompt' | 'no-answer' | 'resets' | 'once' | 'one' | number;
  /** TP-Status of the report of each message at once; null: none, until `report` is called. */
  reports: number | null;
  /** Whether its report comes before the modem says that it took the message. */
  reportsEarly: boolean;
  /** What the called one does. `refused`: +CME ERROR. `slow`: the modem says how it dialled only once the call ended. */
  call: 'answers' | 'busy' | 'no-answer' | 'rings' | 'declines' | 'refused' | 'resets' | 'hangs-up' | 'slow';
  /** Keys that are pressed once it was picked up and the tone was heard. */
  keys: string;
  /** How a key is told. */
  keyForm: 'rxdtmf' | 'dtmf' | 'qtonedet';
  /** Whether it says `VOICE CALL: BEGIN`, or leaves it to +CLCC. */
  saysVoice: boolean;
  /** How long it rings, ms. */
  ringMs: number;
}

export const aPhone = (): PhoneNature => ({
  sms: 'takes',
  reports: null,
  reportsEarly: false,
  call: 'answers',
  keys: '',
  keyForm: 'rxdtmf',
  saysVoice: true,
  ringMs: 20,
});
