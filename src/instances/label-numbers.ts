// The table label_numbers: the numbers of labels that zaplog was asked to make, so that two which are asked for at one moment are two, and one that
// is asked for again is the same. This file alone reads and writes it.
import type { Transaction } from '../database/database.ts'
import { rowsOf } from '../purge/erasure.ts'

type Of = { instanceId: string; commandId: string }

/** As phones number them: nine digits at most. */
const largest = 999_999_999

/** A number that no label has, as phones choose it: the next one. `known`: those that were ever told. Of a command it is always the same. */
export async function chooseLabelNumber(
  database: Transaction,
  { instanceId, commandId, known }: Of & { known: readonly string[] },
): Promise<string> {
  for (;;) {
    const rows = await database.query<{ label_id: string; command_id: string }>(
      'select label_id, command_id from label_numbers where instance_id = $1',
      [instanceId],
    )
    const chosen = rows.find(one => one.command_id === commandId)?.label_id
    if (chosen !== undefined) return chosen
    const next = nextNumber([...known, ...rows.map(one => one.label_id)])
    // Somebody else may have it by now: then another one is.
    if (await isTaken(database, { instanceId, commandId, labelId: next })) return next
  }
}

/** Named by a client: nobody is given it from now on. */
export const noteLabelNumber = async (database: Transaction, of: Of & { labelId: string }): Promise<void> =>
  void (await isTaken(database, of))

/** false: it is another command's. */
async function isTaken(database: Transaction, { instanceId, commandId, labelId }: Of & { labelId: string }): Promise<boolean> {
  const rows = await database.query(
    `insert into label_numbers (instance_id, label_id, command_id) values ($1, $2, $3) on conflict do nothing returning 1`,
    [instanceId, labelId, commandId],
  )
  return rows.length > 0
}

/** After the largest that there is; where that is the largest that may be, the first that is free. */
function nextNumber(taken: readonly string[]): string {
  const numbers = new Set(taken.map(Number).filter(number => number >= 1 && number <= largest))
  const after = [...numbers].reduce((most, number) => Math.max(most, number), 0) + 1
  if (after <= largest) return String(after)
  let free = 1
  while (numbers.has(free)) free += 1
  return String(free)
}

export const labelNumbersErasure = rowsOf('label_numbers')
