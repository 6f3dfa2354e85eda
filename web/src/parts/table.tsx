/** Tables whose rows lead somewhere. Where there is no room for columns, each row becomes a block. */
import type { ReactNode } from 'react';
import styles from './table.module.css';

export type Column<Row> = {
  name: string;
  cell(row: Row): ReactNode;
  /** numbers stand at the end of their column */
  isNumber?: boolean;
  /** left out where there is little room */
  isMinor?: boolean;
  /** left out before those */
  isLeast?: boolean;
};

/**
 * A table. The first column holds the row's link, which fills the row.
 * @param label the table's accessible name
 */
export function Table<Row>({
  label,
  columns,
  rows,
  keyOf,
}: {
  label: string;
  columns: readonly Column<Row>[];
  rows: readonly Row[];
  keyOf(row: Row): string;
}) {
  const classOf = ({ isNumber, isMinor, isLeast }: Column<Row>) =>
    [isNumber && styles.number, isMinor && styles.minor, isLeast && styles.least].filter(Boolean).join(' ');
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls is reached by keyboard
    <section className={styles.frame} aria-label={label} tabIndex={0}>
      <table className={styles.table}>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.name} scope="col" className={classOf(column)}>
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)}>
              {columns.map((column) => (
                <td key={column.name} className={classOf(column)} data-label={column.name}>
                  <div className={styles.cell}>{column.cell(row)}</div>
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
