import type { ReactNode } from 'react';

interface CardProps {
  readonly title: ReactNode;
  readonly children: ReactNode;
  readonly wide?: boolean;
}

/** A part of a page under its own heading. */
export function Card({ title, children, wide = false }: CardProps) {
  return (
    <section className={wide ? 'card card-wide' : 'card'}>
      <h2>{title}</h2>
      {children}
    </section>
  );
}
