// What people call a schema: by its type, its name in the registry, or the last word of that. Pure.

export const isSchemaNamed = ({ type, subject }: { type: string; subject: string }, name: string): boolean =>
  type === name || subject === name || subject.endsWith(`.${name}`)
