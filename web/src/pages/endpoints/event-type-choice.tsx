/** The choice of event types: all, those of a prefix, or single ones, in a list that is searched. */
import { useState } from 'react';
import { Button } from '../../parts/button.tsx';
import { Code } from '../../parts/code.tsx';
import { Checkbox, FieldGroup } from '../../parts/field.tsx';
import { TypeName } from '../../parts/type-name.tsx';
import { useTexts } from '../../texts/index.ts';
import { TypeDescription } from '../event-types/type-description.tsx';
import { type EventType, useEventTypes } from '../event-types/use-event-types.ts';
import styles from './event-type-choice.module.css';
import { groupsOf, isIncluded, toggled } from './event-type-filters.ts';

type Chosen = readonly string[] | null;
type Choice = { value: Chosen; onValue(value: Chosen): void };

/** More than this and the list is searched, not read. */
const SEARCHED_FROM = 8;

export function EventTypeChoice({ value, onValue, allowsOthers }: Choice & { allowsOthers: boolean }) {
  const { endpointForm } = useTexts();
  const texts = endpointForm.types;
  const { data: types = [] } = useEventTypes();
  const [searched, setSearched] = useState('');
  const words = searched.toLowerCase().split(/\s+/).filter(Boolean);
  const found = types.filter(({ name, description }) =>
    words.every((word) => `${name} ${description}`.toLowerCase().includes(word)),
  );
  const others = (value ?? []).filter(
    (filter) =>
      !types.some(({ name }) => name === filter) && !groupsOf(types).some(({ prefix }) => prefix === filter),
  );
  return (
    <FieldGroup label={texts.label} path="event_types">
      {(wiring) => (
        <div className={styles.box}>
          <div className={styles.all}>
            <Checkbox
              {...wiring}
              label={texts.all}
              hint={texts.allHint}
              checked={value === null}
              onChecked={(isAll) => onValue(isAll ? null : [])}
            />
          </div>
          {types.length > SEARCHED_FROM && (
            <div className={styles.search}>
              <input
                type="search"
                aria-label={texts.search}
                placeholder={texts.search}
                value={searched}
                onChange={(event) => setSearched(event.target.value)}
                // Enter chooses nothing here, and must not send the form.
                onKeyDown={(event) => event.key === 'Enter' && event.preventDefault()}
              />
              <span className="muted" aria-live="polite">
                {value === null ? texts.count(found.length) : texts.chosen(value.length)}
              </span>
            </div>
          )}
          {types.length === 0 && <p className={styles.empty}>{texts.catalogueEmpty}</p>}
          {types.length > 0 && found.length === 0 && <p className={styles.empty}>{texts.none}</p>}
          <ul className={styles.list} data-all={value === null || undefined}>
            {groupsOf(found).map((group) => (
              <Group key={group.prefix ?? group.types[0]?.name} {...{ group, value, onValue }} />
            ))}
            {others.map((filter) => (
              <li key={filter} className={styles.type}>
                <Checkbox
                  label={<TypeName name={filter} />}
                  hint={texts.others}
                  checked
                  onChecked={() => onValue(toggled(value, filter, false))}
                />
              </li>
            ))}
          </ul>
          {allowsOthers && <Another onAdd={(filter) => onValue(toggled(value, filter, true))} />}
        </div>
      )}
    </FieldGroup>
  );
}

/** Types of one prefix, which can be chosen as a whole; types without one stand alone. */
function Group({
  group: { prefix, types },
  value,
  onValue,
}: Choice & { group: { prefix: string | null; types: EventType[] } }) {
  const { endpointForm } = useTexts();
  const isAll = value === null;
  const isWhole = isAll || (prefix !== null && value.includes(prefix));
  return (
    <>
      {prefix !== null && (
        <li className={styles.group}>
          <Checkbox
            label={<TypeName name={prefix} />}
            hint={endpointForm.types.ofGroup}
            checked={isWhole}
            disabled={isAll}
            onChecked={(isChosen) => onValue(toggled(value, prefix, isChosen))}
          />
        </li>
      )}
      {types.map((type) => (
        <li key={type.name} className={prefix === null ? styles.type : styles.member}>
          <Checkbox
            label={<TypeName name={type.name} />}
            hint={type.description && <TypeDescription type={type} />}
            checked={isWhole || isIncluded(value, type.name)}
            disabled={isWhole}
            onChecked={(isChosen) => onValue(toggled(value, type.name, isChosen))}
          />
          <Example type={type} />
        </li>
      ))}
    </>
  );
}

/** The example of a type, made when it is opened: there may be hundreds. */
function Example({ type }: { type: EventType }) {
  const { endpointForm } = useTexts();
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details className={styles.example} onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>{endpointForm.types.example}</summary>
      {isOpen && (
        <Code text={JSON.stringify(type.example, null, 2)} label={endpointForm.types.example} isJson />
      )}
    </details>
  );
}

/** A type that the catalogue does not have. */
function Another({ onAdd }: { onAdd(filter: string): void }) {
  const { endpointForm } = useTexts();
  const texts = endpointForm.types;
  const [name, setName] = useState('');
  const add = () => {
    if (name.trim() !== '') onAdd(name.trim());
    setName('');
  };
  return (
    <div className={styles.another}>
      <input
        aria-label={texts.another}
        placeholder={texts.anotherHint}
        autoComplete="off"
        spellCheck={false}
        value={name}
        onChange={(event) => setName(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter') return;
          event.preventDefault();
          add();
        }}
      />
      <Button onClick={add}>{texts.add}</Button>
    </div>
  );
}
