// Fields for numbers.

/** The number in a field, kept within the field's bounds. */
export function bounded(field: HTMLInputElement): number {
  const { min, max, defaultValue } = field;
  const given = Number.isFinite(field.valueAsNumber) ? Math.round(field.valueAsNumber) : Number(defaultValue);
  const value = Math.min(Number(max), Math.max(Number(min), given));
  if (document.activeElement !== field) field.value = String(value);
  return value;
}
