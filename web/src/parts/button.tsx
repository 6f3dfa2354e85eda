/** Buttons, and links that look like them. */
import type { ComponentProps, KeyboardEvent, ReactNode } from 'react';
import { Link } from 'wouter';
import styles from './button.module.css';
import { Icon, type IconName } from './icon.tsx';

/** `small`: in a row of a list */
export type ButtonLook = 'primary' | 'plain' | 'small' | 'danger' | 'quiet';

type Common = { look?: ButtonLook; icon?: IconName; children: ReactNode };

const classOf = (look: ButtonLook) => `${styles.button} ${styles[look]}`;

/**
 * A button. While it is busy, it takes no second click, and keeps the focus.
 * @param isBusy what it started is under way
 */
export function Button({
  look = 'plain',
  icon,
  isBusy = false,
  children,
  onClick,
  className = '',
  type = 'button',
  ...rest
}: Common & { isBusy?: boolean } & ComponentProps<'button'>) {
  return (
    <button
      {...rest}
      type={type}
      className={`${classOf(look)} ${className}`}
      aria-busy={isBusy || undefined}
      aria-disabled={isBusy || undefined}
      onClick={(event) => {
        if (isBusy) event.preventDefault();
        else onClick?.(event);
      }}
    >
      {icon && <Icon name={icon} />}
      <span>{children}</span>
    </button>
  );
}

export const LinkButton = ({ look = 'plain', icon, children, href }: Common & { href: string }) => (
  <Link href={href} className={classOf(look)}>
    {icon && <Icon name={icon} />}
    <span>{children}</span>
  </Link>
);

/**
 * A button that leads to where something is made: `Create endpoint`, `Send an event`. It opens in a new tab like a link, and is pressed with
 * the space bar like a button.
 */
export const PlaceButton = ({ look = 'plain', icon, children, href }: Common & { href: string }) => (
  <Link
    href={href}
    role="button"
    className={classOf(look)}
    onKeyDown={(event: KeyboardEvent<HTMLAnchorElement>) => {
      if (event.key !== ' ') return;
      event.preventDefault();
      event.currentTarget.click();
    }}
  >
    {icon && <Icon name={icon} />}
    <span>{children}</span>
  </Link>
);

/** A button of an icon alone. @param label its accessible name */
export const IconButton = ({
  icon,
  label,
  ...rest
}: { icon: IconName; label: string } & ComponentProps<'button'>) => (
  <button
    type="button"
    {...rest}
    className={`${styles.button} ${styles.quiet} ${styles.icon}`}
    aria-label={label}
    title={label}
  >
    <Icon name={icon} />
  </button>
);
