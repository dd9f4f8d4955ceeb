import { Button, Form, Input } from 'antd';
import { type ReactNode, useState } from 'react';
import { api, type Problem, type Session } from '../api.ts';
import { LanguageSwitch } from '../parts/language-switch.tsx';
import { ProblemNote } from '../parts/problem-note.tsx';
import { Wordmark } from '../parts/wordmark.tsx';
import { useWords } from '../words/words.ts';

/** The narrow page before one is in. */
export function Gate({ title, children }: { readonly title: string; readonly children: ReactNode }) {
  const { say } = useWords();
  return (
    <main className="gate">
      <div className="gate-card">
        <div className="gate-head">
          <Wordmark large />
          <LanguageSwitch />
        </div>
        <p className="quiet">{say('app.tagline')}</p>
        <h1>{title}</h1>
        {children}
      </div>
    </main>
  );
}

export function SignIn({ onEnter }: { readonly onEnter: (session: Session) => void }) {
  const { say } = useWords();
  const [problem, setProblem] = useState<Problem>();
  const [busy, setBusy] = useState(false);
  const submit = async ({ name, password }: { name: string; password: string }) => {
    setBusy(true);
    const answer = await api.signIn(name, password);
    if (!answer.ok) {
      setBusy(false);
      setProblem(answer.problem);
      return;
    }
    // What the answer to a sign-in carries is the session itself; ask, should it be empty.
    const session = answer.value?.name === undefined ? await api.session() : answer;
    setBusy(false);
    if (session.ok) onEnter(session.value);
    else setProblem(session.problem);
  };
  const required = [{ required: true, message: say('field.required') }];
  return (
    <Gate title={say('sign-in.title')}>
      <Form layout="vertical" size="large" requiredMark={false} onFinish={submit}>
        <Form.Item name="name" label={say('sign-in.name')} rules={required}>
          <Input autoComplete="username" autoFocus />
        </Form.Item>
        <Form.Item name="password" label={say('sign-in.password')} rules={required}>
          <Input.Password autoComplete="current-password" />
        </Form.Item>
        {problem === undefined ? null : (
          <Form.Item>
            <ProblemNote problem={problem} />
          </Form.Item>
        )}
        <Button type="primary" htmlType="submit" block loading={busy}>
          {say('sign-in.submit')}
        </Button>
      </Form>
    </Gate>
  );
}
