// The texts that a bench has people write: of a phone message's length, numbered, and telling when they were written.

let written = 0

/** Numbers rise in the order of the calls. */
export function writtenText(): string {
  written++
  return `text ${written} at ${epochMs()}, as long as people write them on a phone`
}

/** Epoch milliseconds with their fractions, the same in every process of a machine. */
export const epochMs = (): number => performance.timeOrigin + performance.now()

export function readWritten(text: string): { number: number; writtenAt: number } {
  const [, number, at] = /^text (\d+) at ([\d.]+),/.exec(text) ?? []
  if (number === undefined || at === undefined) throw new Error(`expected a text of a bench, got ${text.slice(0, 40)}`)
  return { number: Number(number), writtenAt: Number(at) }
}
