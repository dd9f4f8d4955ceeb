import { Alert, Button, Form, Input, Spin } from 'antd';
import { useEffect, useState } from 'react';
import { type Answered, api, type Problem, type Session } from '../api.ts';
import { ProblemNote } from '../parts/problem-note.tsx';
import { Place } from '../place.ts';
import { useWords } from '../words/words.ts';
import { Gate } from './sign-in.tsx';

/** The gateway takes no shorter password. */
const LEAST = 8;

interface Chosen {
  readonly name: string;
  readonly password: string;
}

/** Where a one-time link leads: a name and a password are chosen, once. */
export function Welcome({ secret, onEnter }: { readonly secret: string; readonly onEnter: (s: Session) => void }) {
  const { say } = useWords();
  const [invited, setInvited] = useState<Answered<{ role: string }>>();
  useEffect(() => {
    let here = true;
    void api.invitation(secret).then((answer) => {
      if (here) setInvited(answer);
    });
    return () => {
      here = false;
    };
  }, [secret]);
  return (
    <Gate title={say('welcome.title')}>
      {invited === undefined ? (
        <Spin />
      ) : invited.ok ? (
        <Choose secret={secret} role={invited.value.role} onEnter={onEnter} />
      ) : (
        <>
          {invited.problem.status === 0 ? (
            <ProblemNote problem={invited.problem} />
          ) : (
            <Alert type="warning" showIcon title={say('welcome.gone')} description={say('welcome.gone-hint')} />
          )}
          <Button type="link" onClick={() => Place.go('alarms')}>
            {say('welcome.to-sign-in')}
          </Button>
        </>
      )}
    </Gate>
  );
}

interface ChooseProps {
  readonly secret: string;
  readonly role: string;
  readonly onEnter: (session: Session) => void;
}

function Choose({ secret, role, onEnter }: ChooseProps) {
  const { say } = useWords();
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const submit = async ({ name, password }: Chosen) => {
    setBusy(true);
    const answer = await api.accept(secret, name, password);
    const session = answer.ok && answer.value?.name === undefined ? await api.session() : answer;
    setBusy(false);
    if (session.ok) onEnter(session.value);
    else setProblem(session.problem);
  };
  const required = { required: true, message: say('field.required') };
  return (
    <Form layout="vertical" size="large" requiredMark={false} onFinish={submit}>
      <p>{say('welcome.text', { role: say.of('role', role) })}</p>
      <Form.Item name="name" label={say('sign-in.name')} rules={[required]}>
        <Input autoComplete="username" autoFocus />
      </Form.Item>
      <Form.Item
        name="password"
        label={say('sign-in.password')}
        rules={[required, { min: LEAST, message: say('welcome.short', { least: LEAST }) }]}
      >
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      <Form.Item
        name="repeat"
        label={say('welcome.repeat')}
        dependencies={['password']}
        rules={[
          required,
          ({ getFieldValue }) => ({
            validator: async (_rule, value) => {
              if (value && value !== getFieldValue('password')) throw new Error(say('welcome.differ'));
            },
          }),
        ]}
      >
        <Input.Password autoComplete="new-password" />
      </Form.Item>
      {problem === undefined ? null : (
        <Form.Item>
          <ProblemNote problem={problem} />
        </Form.Item>
      )}
      <Button type="primary" htmlType="submit" block loading={busy}>
        {say('welcome.submit')}
      </Button>
    </Form>
  );
}
