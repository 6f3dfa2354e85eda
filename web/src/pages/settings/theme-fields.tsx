/** Fields of a portal's theme, with a preview of its accent as it will be: corrected where it could not be read. */
import { accentsOf } from '../../context/accent.ts';
import type { Mode } from '../../context/theme.ts';
import { Checkbox, Field, Select, TextField } from '../../parts/field.tsx';
import { useTexts } from '../../texts/index.ts';
import styles from './settings.module.css';

export type ThemeValues = { name: string; accent: string; logo: string; mode: Mode; navigation: boolean };

export const NO_THEME: ThemeValues = { name: '', accent: '', logo: '', mode: 'auto', navigation: true };

/** As the API takes it: what is empty is left out. */
export const themeOf = ({ name, accent, logo, mode, navigation }: ThemeValues) => ({
  mode,
  navigation,
  ...(name.trim() !== '' && { name: name.trim() }),
  ...(accent.trim() !== '' && { accent: accent.trim() }),
  ...(logo !== '' && { logo }),
});

export function ThemeFields({
  values,
  onValues,
}: {
  values: ThemeValues;
  onValues(values: ThemeValues): void;
}) {
  const { shell, settings: texts } = useTexts();
  const set = (part: Partial<ThemeValues>) => onValues({ ...values, ...part });
  return (
    <fieldset className={styles.choices}>
      <legend>{texts.theme}</legend>
      <TextField
        label={texts.portalName}
        path="theme.name"
        hint={texts.portalNameHint}
        isOptional
        value={values.name}
        onValue={(name) => set({ name })}
      />
      <TextField
        label={texts.accent}
        path="theme.accent"
        hint={texts.accentHint}
        isOptional
        value={values.accent}
        onValue={(accent) => set({ accent })}
      />
      <AccentPreview accent={values.accent.trim()} />
      <Field label={texts.logo} path="theme.logo" hint={texts.logoHint} isOptional>
        {(wiring) => (
          <input
            {...wiring}
            type="file"
            accept="image/png,image/jpeg,image/gif,image/webp"
            onChange={(event) => {
              const [file] = event.target.files ?? [];
              if (file === undefined) return set({ logo: '' });
              const reader = new FileReader();
              reader.onload = () => set({ logo: String(reader.result) });
              reader.readAsDataURL(file);
            }}
          />
        )}
      </Field>
      <Select
        label={texts.mode}
        path="theme.mode"
        value={values.mode}
        onValue={(mode) => set({ mode: mode as Mode })}
        choices={(['auto', 'light', 'dark'] as const).map((mode) => ({
          value: mode,
          label: shell.modes[mode],
        }))}
      />
      <Checkbox
        label={texts.navigation}
        checked={values.navigation}
        onChecked={(navigation) => set({ navigation })}
      />
    </fieldset>
  );
}

function AccentPreview({ accent }: { accent: string }) {
  const { settings: texts } = useTexts();
  if (!/^#([0-9a-f]{3}|[0-9a-f]{6})$/i.test(accent)) return null;
  const colours = accentsOf(accent);
  return (
    <section aria-label={texts.preview} className={styles.preview}>
      <figure className={styles.light}>
        <span className={styles.sample} style={{ backgroundColor: colours.light }}>
          {texts.previewText}
        </span>
        <figcaption>{texts.onLight(colours.light)}</figcaption>
      </figure>
      <figure className={styles.dark}>
        <span className={styles.sample} style={{ backgroundColor: colours.dark }}>
          {texts.previewText}
        </span>
        <figcaption>{texts.onDark(colours.dark)}</figcaption>
      </figure>
    </section>
  );
}
