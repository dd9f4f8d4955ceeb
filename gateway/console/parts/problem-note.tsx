import { Alert } from 'antd';
import type { Problem } from '../api.ts';

/** What the gateway could not do, in its own words, with what a person can do about it. */
export function ProblemNote({ problem, title }: { readonly problem: Problem; readonly title?: string }) {
  const text = [problem.detail, problem.hint].filter((part) => part !== undefined).join(' ');
  return <Alert type="error" showIcon role="alert" title={title ?? problem.title} description={text || undefined} />;
}
