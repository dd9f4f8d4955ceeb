import { deskApi } from '../desk-api.ts';
import { useWords } from '../words/words.ts';
import { AskButton, type AskedFields } from './ask-form.tsx';
import { spanOptions } from './deed-button.tsx';
import { useTold } from './told.ts';

interface ServiceProps {
  /** A device. */
  readonly on: string;
  readonly name: string;
  readonly onDone?: () => void;
}

/** A device that is worked on: put out of service, or opened under a work order. Both are seen by everybody, and end by themselves. */
export function ServiceButtons({ on, name, onDone }: ServiceProps) {
  const { say } = useWords();
  const { tell } = useTold();
  const act = async (action: object, done: string): Promise<boolean> => {
    const answer = await tell(deskApi.act(action), ({ status }) =>
      status === 'unchanged' ? say('deed.unchanged') : done,
    );
    if (answer !== undefined) onDone?.();
    return answer !== undefined;
  };
  const noted = (note: string | undefined) => (note === undefined || note === '' ? {} : { note });
  const stop = ({ owner = '', note = '', forMs = '' }: AskedFields) =>
    act(
      { kind: 'out-of-service', on, owner, note, ...(forMs === '' ? {} : { forMs: Number(forMs) }) },
      say('service.stopped', { name }),
    );
  const open = ({ order = '', note, forMs = '' }: AskedFields) =>
    act({ kind: 'work-order', on, order, forMs: Number(forMs), ...noted(note) }, say('service.ordered', { name }));
  return (
    <>
      <AskButton
        text={say('service.stop')}
        label={say('service.stop-of', { name })}
        hint={say('service.stop-hint')}
        fields={[
          { kind: 'text', name: 'owner', label: say('service.owner'), required: true },
          { kind: 'choice', name: 'forMs', label: say('service.for'), options: spanOptions(say) },
          { kind: 'note', name: 'note', label: say('deed.reason'), required: true },
        ]}
        onAsk={stop}
      />
      <AskButton
        text={say('service.order')}
        label={say('service.order-of', { name })}
        hint={say('service.order-hint')}
        fields={[
          { kind: 'text', name: 'order', label: say('service.number'), required: true },
          { kind: 'choice', name: 'forMs', label: say('deed.for'), required: true, options: spanOptions(say) },
          { kind: 'note', name: 'note', label: say('deed.note') },
        ]}
        onAsk={open}
      />
    </>
  );
}
