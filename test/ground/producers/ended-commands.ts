// What tests of how commands end ask of a rig: people to write to, its rows, and who has failed.
import type { Rig } from './rig.ts'

export const person = (rig: Rig, nth: number) => rig.simulator.contact({ pn: `55119000000${10 + nth}`, name: `Person ${nth}` })

export const numberOf = ({ pn }: { pn: string }) => `${pn}@s.whatsapp.net`

export const query = (rig: Rig, sql: string, values: unknown[] = []) => rig.database.database.query(sql, values)

export const untilFailed = async (rig: Rig, count = 1) => rig.untilEvents('command.failed', count)
