// JSON that is the same for the same value, in whichever order its fields were written. Pure.

export const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_key, one: unknown) => (isFields(one) ? sorted(one) : one))

const isFields = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value)

const sorted = (fields: Readonly<Record<string, unknown>>) =>
  Object.fromEntries(Object.entries(fields).toSorted(([one], [other]) => (one < other ? -1 : 1)))
