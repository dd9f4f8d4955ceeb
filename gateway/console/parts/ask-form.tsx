import { Button, Popover } from 'antd';
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { useKnown } from '../store.ts';
import { useWords } from '../words/words.ts';

/** The gateway keeps texts up to this length. */
const LONGEST = 1000;

interface FieldBase {
  readonly name: string;
  readonly label: string;
  readonly required?: boolean;
}
type Options = readonly (readonly [value: string, text: string])[];
/** One thing that is asked before something is done. */
export type AskField =
  | (FieldBase & { readonly kind: 'text'; readonly suggestions?: readonly string[] })
  | (FieldBase & { readonly kind: 'note'; readonly hint?: string })
  | (FieldBase & { readonly kind: 'check' })
  | (FieldBase & { readonly kind: 'time'; readonly value?: string })
  | (FieldBase & { readonly kind: 'choice'; readonly options: Options; readonly value?: string })
  | (FieldBase & { readonly kind: 'choice'; readonly groups: readonly (readonly [name: string, options: Options])[] });

export type AskedFields = Readonly<Record<string, string>>;

interface AskButtonProps {
  /** On the button. */
  readonly text: string;
  /** On the form's own button, where it says more. */
  readonly submit?: string;
  /** What a screen reader says of the button. */
  readonly label: string;
  readonly fields: readonly AskField[];
  readonly hint?: ReactNode;
  readonly primary?: boolean;
  /** A ticked check is `yes`; what was left empty is ''. True: it was done, and the form closes. */
  readonly onAsk: (said: AskedFields) => Promise<boolean>;
}

/** A button that asks what it needs in a small form beside it. Nothing can be done while the gateway is lost. */
export function AskButton({ text, submit, label, fields, hint, primary, onAsk }: AskButtonProps) {
  const { say } = useWords();
  const live = useKnown((known) => known.connection === 'live');
  const [open, setOpen] = useState(false);
  const why = live ? undefined : say('act.while-lost');
  const form = (
    <AskForm text={submit ?? text} fields={fields} hint={hint} onAsk={onAsk} onClose={() => setOpen(false)} />
  );
  return (
    <Popover content={form} trigger="click" open={open && live} onOpenChange={setOpen} destroyOnHidden>
      <Button type={primary ? 'primary' : 'default'} disabled={!live} title={why} aria-label={label}>
        {text}
      </Button>
    </Popover>
  );
}

interface AskFormProps extends Pick<AskButtonProps, 'text' | 'fields' | 'hint' | 'onAsk'> {
  readonly onClose: () => void;
}

function AskForm({ text, fields, hint, onAsk, onClose }: AskFormProps) {
  const { say } = useWords();
  const [busy, setBusy] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const given = new FormData(event.currentTarget);
    const said = Object.fromEntries(fields.map(({ name }) => [name, String(given.get(name) ?? '').trim()]));
    setBusy(true);
    const isDone = await onAsk(said);
    setBusy(false);
    if (isDone) onClose();
  };
  return (
    <form className="note-form" onSubmit={(event) => void submit(event)}>
      {hint !== undefined && <p className="quiet">{hint}</p>}
      {fields.map((field, index) => (
        <Field key={field.name} field={field} isFirst={index === 0} />
      ))}
      <div className="note-buttons">
        <Button size="small" onClick={onClose}>
          {say('act.cancel')}
        </Button>
        <Button size="small" type="primary" htmlType="submit" loading={busy}>
          {text}
        </Button>
      </div>
    </form>
  );
}

const optionsOf = (options: Options) =>
  options.map(([value, words]) => (
    <option key={value} value={value}>
      {words}
    </option>
  ));

/** Native controls: they are small, and every phone and screen reader knows them. */
export function Field({ field, isFirst = false }: { readonly field: AskField; readonly isFirst?: boolean }) {
  const { say } = useWords();
  const id = useId();
  const common = { id, name: field.name, required: field.required === true, autoFocus: isFirst };
  if (field.kind === 'check') {
    return (
      <label className="field-check">
        <input type="checkbox" name={field.name} value="yes" /> {field.label}
      </label>
    );
  }
  return (
    <div className="field">
      <label htmlFor={id}>{field.label}</label>
      {field.kind === 'note' ? (
        <textarea
          {...common}
          rows={2}
          maxLength={LONGEST}
          placeholder={field.hint}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) event.currentTarget.form?.requestSubmit();
          }}
        />
      ) : field.kind === 'text' ? (
        <>
          <input {...common} type="text" maxLength={200} list={`${id}-list`} autoComplete="off" />
          <datalist id={`${id}-list`}>
            {field.suggestions?.map((each) => (
              <option key={each} value={each} />
            ))}
          </datalist>
        </>
      ) : field.kind === 'time' ? (
        <input {...common} type="datetime-local" defaultValue={field.value} />
      ) : (
        // What nobody chose is not sent: the first of a list would soon be what was meant by nobody.
        <select {...common} defaultValue={('value' in field && field.value) || ''}>
          <option value="">{say('form.choose')}</option>
          {'options' in field
            ? optionsOf(field.options)
            : field.groups
                .filter(([, options]) => options.length > 0)
                .map(([name, options]) => (
                  <optgroup key={name} label={name}>
                    {optionsOf(options)}
                  </optgroup>
                ))}
        </select>
      )}
    </div>
  );
}
