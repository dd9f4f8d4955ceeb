import { join } from 'node:path';
import type { Clock } from '#kit/clock.ts';
import { codeOf, Fault, textOf } from '#kit/fault.ts';
import type { Log } from '#kit/log.ts';
import { addDays } from '#kit/zone.ts';
import type { SiteSink } from '../../config/site.ts';
import type { Action, Receipt } from '../alarms/action.ts';
import type { Alarm } from '../alarms/alarm.ts';
import type { AlarmData, EntryDraft } from '../alarms/alarm-event.ts';
import { NOTHING } from '../alarms/step.ts';
import type { CallView } from '../api/context.ts';
import type { Receiver } from '../commissioning/walk-test.ts';
import type { LiveJudge } from '../judge/live-judge.ts';
import type { GatewaySite } from '../kinds.ts';
import type { Entry, LedgerReader } from '../ledger/ledger.ts';
import { type Call, callKey, type WantedCall } from '../notify/call.ts';
import { isOut } from '../notify/call-list.ts';
import { Caller } from '../notify/caller.ts';
import type {
  ChannelStatus,
  Message,
  OpenChannel,
  Recipient,
  Sent,
  Receipt as SentReceipt,
} from '../notify/channels/channel.ts';
import { channels } from '../notify/channels/index.ts';
import { isNeeded } from '../notify/needed.ts';
import { type Contact, type Language, NOBODY } from '../notify/people.ts';
import { mayAcknowledge, repliedTo, seenBy } from '../notify/replies.ts';
import type { DutyStanding } from '../notify/roster.ts';
import { callsAbove, callsOf, isSomebody, type Roll, standingFor } from '../notify/route.ts';
import { recipientOf, speak } from '../notify/speak.ts';
import { testMessage } from '../notify/test-message.ts';
import { eventOf, type ToldEvent } from '../notify/told-events.ts';
import { ChannelAlarm, channelIn, TEST_FAILED } from '../own/channel-alarm.ts';
import type { Permit } from '../rules/permit.ts';
import { isDated } from '../rules/permit-dates.ts';
import { SiteParts } from '../site/site-parts.ts';
import { ChannelTests } from './channel-tests.ts';
import { cardLines, cardsOf } from './site-cards.ts';

export interface CallDeskOptions {
  readonly site: () => GatewaySite;
  readonly ledger: LedgerReader;
  readonly live: LiveJudge;
  /** The states that the ledger kept of an earlier run. */
  readonly saved: ReadonlyMap<string, object>;
  readonly standing: () => DutyStanding;
  /** As they are now, those that were brought among them. */
  readonly permits: () => readonly Permit[];
  /** The alarm as it is now, exercises among them; null once it is closed. */
  readonly find: (alarm: string) => Alarm | null;
  /** Alarms of exercises that are not closed. */
  readonly exercised: () => readonly Alarm[];
  /** Whether alarms of an incident wait to be seen, exercises' among them. */
  readonly isUnseen: (incident: string) => boolean;
  readonly act: (action: Action) => Promise<Receipt>;
  /** A link by which a person without an account answers once; null where none can be made. */
  readonly linkFor?: (call: Call, contact: Contact) => string | null;
  readonly clock: Clock;
  readonly wire: Clock;
  readonly log: Log;
  /** Where channels keep what must outlive a restart. */
  readonly dir: string;
}

export interface CallDeskStatus extends ReturnType<Caller['status']> {
  readonly channels: Readonly<Record<string, ChannelStatus>>;
  /** Messages that came in from nobody who is known. */
  readonly strangers: number;
}

/** Where alarms become calls to people, and their answers actions: the channels of the site, its people, and the caller. */
export class CallDesk implements AsyncDisposable {
  readonly channels: SiteParts<SiteSink, OpenChannel>;
  readonly #options: CallDeskOptions;
  readonly #caller: Caller;
  readonly #tests: ChannelTests;
  readonly #alarm: ChannelAlarm;
  #strangers = 0;

  static async open(options: CallDeskOptions): Promise<CallDesk> {
    let desk: CallDesk | null = null;
    const receive = (id: string) => (receipt: SentReceipt) => desk?.receive(id, receipt);
    const open = (spec: SiteSink) => openChannel(spec, options, receive(spec.id));
    const parts = new SiteParts(open);
    await parts.change(options.site().channels);
    const { ledger, live, saved, clock, wire, log } = options;
    const caller = await Caller.open({
      ...{ ledger, saved, clock, wire, log },
      channels: parts.open,
      keep: async (told, states) => (await live.keep(NOTHING, told, states)) !== null,
      encodeTime: (at) => live.judge.zone.encode(at),
      route: (event, at) => around(event, callsOf(event, rollOf(options), at)),
      above: ({ tier }, event, at) => around(event, callsAbove(event, tier, rollOf(options), at)),
      speak: (call, event) => {
        const roll = rollOf(options);
        const levelOf = (group: string) => standingFor(group, live.judge.alarms.open, roll, clock.now());
        return speak(call, event, { ...roll, ...placesOf(options), levelOf }, kindOf(options, call));
      },
      isNeeded: (call) => isNeeded(call, options.find(call.alarm), clock.now(), () => options.isUnseen(call.alarm)),
      answered: (call, kind, text) => desk?.answered(call, kind, text),
      cameIn: (channel, receipt) => desk?.cameIn(channel, receipt),
    });
    desk = new CallDesk(options, parts, caller);
    return desk;
  }

  private constructor(options: CallDeskOptions, parts: CallDesk['channels'], caller: Caller) {
    this.#options = options;
    this.channels = parts;
    this.#caller = caller;
    const { site, saved, clock, wire, log, live } = options;
    this.#tests = new ChannelTests({
      ...{ saved, clock, wire, log },
      tests: () => site().people?.tests ?? [],
      zone: () => live.judge.zone,
      send: (channel, person) => this.#sendTest(channel, person, site().name),
      keep: (told, states) => live.tell(told, states),
    });
    this.#alarm = new ChannelAlarm({ live, clock, wire, status: () => this.#channelStatus() });
  }

  /** Who is told, by what, or what is needed has changed. */
  wake(): void {
    this.#caller.wake();
  }

  /** An event that the disk does not take: a fire or a red flood is told all the same. */
  tellAtOnce(drafts: readonly EntryDraft[]): void {
    for (const draft of drafts) this.#caller.tellAtOnce(draft);
  }

  /** Calls that are not done with, for people to see. */
  get calls(): Iterable<CallView & Call> {
    return [...this.#caller.calls].filter(isSomebodys);
  }

  /** What a walk test waits for: that each call which an entry asks for has come; none where the site calls nobody. */
  receiversOf(entry: Entry): readonly Receiver[] {
    const { site, clock } = this.#options;
    if (site().people === null || site().channels.length === 0) return [];
    const event = eventOf(entry);
    const calls = event === null ? [] : callsOf(event, rollOf(this.#options), clock.now()).filter(isSomebody);
    if (calls.length === 0) {
      const nobody = { ok: false, detail: 'people.yaml names nobody who is told of this' };
      return [{ step: 'channel:none', arrived: () => nobody, why: () => nobody.detail }];
    }
    return calls.map((call): Receiver => {
      const key = callKey({ ...call, sequence: entry.sequence });
      const state = () => this.#caller.stateOf(key) ?? 'wanted';
      return {
        step: `channel:${call.channels[0]} ${call.to.id}`,
        arrived: () => {
          const now = state();
          if (now === 'delivered') return { ok: true, detail: `${call.to.id} was reached` };
          return now === 'failed' || now === 'lapsed' ? { ok: false, detail: now } : undefined;
        },
        why: () => (state() === 'sent' ? 'it was sent, and nothing says that it came' : `it is ${state()}`),
      };
    });
  }

  status(): CallDeskStatus {
    return { ...this.#caller.status(), channels: this.#channelStatus(), strangers: this.#strangers };
  }

  #channelStatus(): CallDeskStatus['channels'] {
    const open = [...this.channels.open].map(([id, channel]) => {
      const status = channel.status();
      const warnings = this.#tests.hasFailed(id) ? [...status.warnings, TEST_FAILED] : status.warnings;
      return [id, { ...status, warnings }] as const;
    });
    return Object.fromEntries(open);
  }

  /** A real message that says that it is a test, with the proof that it came where the channel gives one. */
  async test(channel: string, person: string, by: string): Promise<{ status: string; message: string | null }> {
    const sent = await this.#sendTest(channel, person, by);
    await this.#tests.tell(channel, person, by, sent);
    return { status: sent.status, message: 'message' in sent ? sent.message : null };
  }

  async #sendTest(channel: string, person: string, by: string): Promise<Sent> {
    const open = this.channels.open.get(channel);
    if (open === undefined) throw new Fault('no-such-channel', `the site has no channel ${channel}`);
    const contact = this.#contacts.find(({ id }) => id === person);
    if (contact === undefined) throw new Fault('no-such-person', `people.yaml has no contact ${person}`);
    const message = testMessage(this.#options.site().name, by, this.#options.clock.now(), contact.language);
    return await this.#testBy(open, message, recipientOf(contact));
  }

  #testBy(open: OpenChannel, message: Message, recipient: Recipient): Promise<Sent> {
    const signal = AbortSignal.timeout(TEST_WITHIN_MS);
    return open.test === undefined ? open.send(message, [recipient], signal) : open.test(message, recipient, signal);
  }

  receive(channel: string, receipt: SentReceipt): void {
    this.#caller.receive(channel, receipt);
  }

  /** A key was pressed while it was spoken, or its message was replied to. */
  answered(call: Call, kind: 'acknowledged' | 'reply', text: string | null): void {
    const contact = this.#contacts.find(({ id }) => id === call.to.id);
    if (contact === undefined) return;
    if (kind === 'acknowledged') this.#acknowledge(call, contact, '电话按键确认 / by a key on the phone');
    else this.#replied(contact, text ?? '');
  }

  /** A message that answers no other by itself: from whom it is says what it may be about. */
  cameIn(_channel: string, { kind, phone, person, text }: SentReceipt): void {
    if (kind !== 'reply') return;
    const contact = this.#contacts.find((each) => each.id === person || isSame(each.phone, phone));
    if (contact === undefined) this.#strangers++;
    else this.#replied(contact, text ?? '');
  }

  get #contacts(): readonly Contact[] {
    return this.#options.site().people?.contacts ?? [];
  }

  #replied(contact: Contact, text: string): void {
    const own = [...this.#caller.calls].filter(
      (call) => call.to.id === contact.id && isOut(call) && this.#alarmsOf(call).length > 0,
    );
    const call = repliedTo(text, own);
    if (call !== null) this.#acknowledge(call, contact, `短信回复 / by text message: ${text.slice(0, 100)}`);
    else if (own.length > 0) this.#note(own, contact, text);
  }

  /** Those that he has seen who answers it, as far as they are open. */
  #alarmsOf(call: Call): readonly string[] {
    const { live, find, clock, exercised } = this.#options;
    return seenBy(call, [...live.judge.alarms.open, ...exercised()], clock.now()).filter(
      (alarm) => find(alarm) !== null,
    );
  }

  #acknowledge(call: Call, contact: Contact, note: string): void {
    const kind = mayAcknowledge(call, contact) ? 'acknowledge' : 'note';
    for (const alarm of this.#alarmsOf(call)) this.#act({ kind, alarm, by: contact.id, note });
  }

  /** Nobody waits for its answer: what was refused is in the log of the process. */
  #act(action: Action): void {
    this.#options.act(action).then(
      (receipt) => {
        if (receipt.status === 'refused') this.#refused(receipt.code);
      },
      (error: unknown) => this.#refused(codeOf(error) ?? textOf(error)),
    );
  }

  #refused(code: string): void {
    this.#options.log.warn({ code }, 'an answer to a call was not taken');
  }

  /** What else he says stands with the alarm that he was told of last. */
  #note(calls: readonly Call[], contact: Contact, text: string): void {
    const last = calls.toSorted((a, b) => b.sequence - a.sequence)[0];
    const note = text.trim().slice(0, 500);
    if (last !== undefined && note !== '') {
      for (const alarm of this.#alarmsOf(last).slice(0, 1)) this.#act({ kind: 'note', alarm, by: contact.id, note });
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#tests[Symbol.dispose]();
    this.#alarm[Symbol.dispose]();
    await this.#caller[Symbol.asyncDispose]();
    await this.channels[Symbol.asyncDispose]();
  }
}

const isSomebodys = (call: Call): call is CallView & Call => isSomebody(call);

/** That a channel does not work is told by the others; by itself only where there is none, or none of them takes it. */
function around({ data }: Pick<ToldEvent, 'data'>, calls: readonly WantedCall[]): readonly WantedCall[] {
  const broken = channelIn(data);
  if (broken === undefined) return calls;
  return calls.map((call) => ({
    ...call,
    channels: [...call.channels].sort((a, b) => Number(a === broken) - Number(b === broken)),
  }));
}

/** A call that rings for long is given up then. */
const TEST_WITHIN_MS = 120_000;

const rollOf = ({ site, live, standing, find }: CallDeskOptions): Roll => ({
  people: site().people ?? NOBODY,
  zone: live.judge.zone,
  standing: standing(),
  raisedAt: (alarm) => find(alarm)?.raisedAt ?? null,
});

const placesOf = ({ site, permits, linkFor, live }: CallDeskOptions) => {
  const { cards, points } = site();
  const permitTo = (id: string): number | null => {
    const found = permits().find((permit) => permit.id === id);
    if (found === undefined || found.hours !== undefined) return null;
    return isDated(found) ? live.judge.zone.instant(addDays(found.to, 1), 0) : Date.parse(found.to);
  };
  const card = (data: AlarmData, language: Language): readonly string[] =>
    cardLines(cardsOf(cards, { watch: data, level: data.level ?? data.previousLevel }), language);
  return { card, points, permitTo, ...(linkFor === undefined ? {} : { linkFor }) };
};

/** The kind of the channel that a call goes by now. */
const kindOf = ({ site }: CallDeskOptions, call: Call) => {
  const spec = site().channels.find(({ id }) => id === call.channels[call.channel]);
  return channels.find(({ kind }) => kind === spec?.kind);
};

/** Numbers are the same whatever stands before them: `+86 138…` and `138…`. */
const isSame = (own: string | undefined, phone: string | undefined): boolean => {
  const digits = (text: string | undefined) => (text ?? '').replace(/\D/g, '').slice(-11);
  return digits(own).length >= 5 && digits(own) === digits(phone);
};

async function openChannel(
  { id, kind, options }: SiteSink,
  { clock, wire, log, dir }: CallDeskOptions,
  receive: (receipt: SentReceipt) => void,
): Promise<OpenChannel> {
  const channel = channels.find((each) => each.kind === kind);
  if (channel === undefined) throw new Fault('channel-kind', `channel ${id}: no kind ${kind}`);
  const open = await channel.open(id, options as never, { clock, wire, log, dir: join(dir, id) });
  open.onReceipt?.(receive);
  return open;
}
