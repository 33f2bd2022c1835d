// The options of zaplog dev, from text to what they mean.
import { InvalidArgumentError } from 'commander'

export const partNames = ['kafka', 'registry', 's3'] as const
export type PartName = (typeof partNames)[number]

export function parseParts(text: string): readonly PartName[] {
  const names = text.split(',').map(name => name.trim())
  const chosen = partNames.filter(part => names.includes(part))
  if (chosen.length === 0 || names.some(name => !partNames.some(part => part === name)))
    throw new InvalidArgumentError(`Expected a comma list of ${partNames.join(', ')}.`)
  return chosen
}
