// What becomes of the next questions and orders of a companion, by what they are about.

/** swallow: neither done nor answered; unsaid: done, and not answered; else refused with that error. */
export type IqFault = 'swallow' | 'unsaid' | { error: number }
/** `xmlns`: as the iq has it; `type`: of the iq [set]; `after`: so many are answered as they should be before [0]; `times`: of so many [1]. */
export type IqAnswer = { xmlns: string; type?: 'get' | 'set'; fault: IqFault; after?: number; times?: number }

export type IqFaults = Map<string, { fault: IqFault; after: number; left: number }>

export function setIqFault(faults: IqFaults, { xmlns, type = 'set', fault, after = 0, times = 1 }: IqAnswer): void {
  faults.set(`${type} ${xmlns}`, { fault, after, left: times })
}

/** Once for each iq. null: it is answered as it should be. */
export function takeIqFault(faults: IqFaults, { xmlns = '', type = '' }: Readonly<Record<string, string>>): IqFault | null {
  const planned = faults.get(`${type} ${xmlns}`)
  if (planned === undefined || planned.left === 0) return null
  if (planned.after-- > 0) return null
  planned.left -= 1
  return planned.fault
}

export const iqFaultsLeft = (faults: IqFaults): number => [...faults.values()].reduce((sum, { left }) => sum + left, 0)
