import type { Action, Receipt } from './alarms/action.ts';
import type { Permits } from './rules/permit.ts';
import type { KeptClock } from './time/kept-clock.ts';

type Command = (payload: unknown) => Promise<object>;

/** Every kind of action, which is the name of its command. */
export const ACTION_COMMANDS = [
  ...['acknowledge', 'note', 'reset', 'shelve', 'unshelve', 'out-of-service', 'in-service'],
  ...['work-order', 'end-work-order'],
  ...['dispatch', 'accept', 'refuse', 'arrive', 'resolve', 'verify', 'verdict', 'pause', 'resume'],
] as readonly Action['kind'][];

export interface Commanded {
  readonly permits: Pick<Permits, 'change' | 'find'>;
  act(action: Action): Promise<Receipt>;
  /** Where the site's time may be told. */
  readonly clock: KeptClock | undefined;
}

/**
 * What an upstream may ask of the gateway (DESIGN 4.4). How a command is read is loaded with the first one: a start has no
 * time for its schemas.
 */
export function upstreamCommands({ permits, act, clock }: Commanded, upstream: string): Record<string, Command> {
  const actions = ACTION_COMMANDS.map((kind): [string, Command] => [
    kind,
    async (payload) => {
      const { takeAction } = await import('./action-command.ts');
      return takeAction(act, typeof payload === 'object' ? { ...payload, kind } : payload, upstream);
    },
  ]);
  const permit: Command = async (payload) =>
    (await import('./permits/permit-command.ts')).takePermitCommand(permits, payload, upstream);
  const commands = { permit, ...Object.fromEntries(actions) };
  if (clock?.sources.includes('platform') !== true) return commands;
  // One for all commands of this upstream: it knows what it asked.
  const taking = () => import('./time/time-command.ts').then(({ TimeCommand }) => new TimeCommand(clock));
  let time: ReturnType<typeof taking> | undefined;
  return {
    ...commands,
    async time(payload) {
      time ??= taking();
      return (await time).take(payload);
    },
  };
}
