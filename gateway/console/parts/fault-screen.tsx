import { Alert, Button } from 'antd';
import { Component, type ReactNode } from 'react';
import { useWords } from '../words/words.ts';

/** Catches a mistake of the page itself, and says so: an empty page would look like a quiet night. */
export class FaultScreen extends Component<{ readonly children: ReactNode }, { readonly error: Error | undefined }> {
  override state: { readonly error: Error | undefined } = { error: undefined };

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    return this.state.error === undefined ? this.props.children : <Failed error={this.state.error} />;
  }
}

function Failed({ error }: { readonly error: Error }) {
  const { say } = useWords();
  return (
    <Alert
      type="error"
      showIcon
      role="alert"
      title={say('fault.title')}
      description={
        <>
          <p>{say('fault.hint')}</p>
          <p className="code">{error.message}</p>
        </>
      }
      action={<Button onClick={() => location.reload()}>{say('fault.reload')}</Button>}
    />
  );
}
