// The rows an owner shares with the API: what is wanted of each instance, who owns it, which QR it shows.
import type { Database } from '../../database/database.ts'
import { isErased, isPurged } from '../../purge/tombstones.ts'
import type { Sealer } from '../../runtime/seal.ts'
import { type InstanceSettings, readSettings } from './instance-settings.ts'

export type Wanted = {
  instanceId: string
  /** Fixed when the id was reserved. */
  requestId: string
  wanted: 'running' | 'logged-out' | 'deleted'
  restartCount: number
  /** The task that is done with; equal to taskOf(this): nothing to do. */
  parkedFor: string | null
  /** What was stored goes, too: the purge tells of the deletion, after the last record of the account. */
  purged: boolean
  settings: InstanceSettings
}
type Owned = { instanceId: string; epoch: number }
export type InstanceRows = {
  /** Every instance but those whose deletion is done or that are being erased, and those whose creation is not in the log yet: all their events come after it. */
  readWanted(): Promise<readonly Wanted[]>
  /** Fences every earlier owner. endedCleanly: how the owner before left it. Rejects where the instance is being erased. */
  takeEpoch(instanceId: string): Promise<{ epoch: number; endedCleanly: boolean }>
  endCleanly(of: Owned): Promise<void>
  park(of: Owned, task: string): Promise<void>
  showQr(of: Owned & { qr: string; expiresAt: number }): Promise<void>
  hideQr(of: Owned): Promise<void>
}

export const taskOf = ({ wanted, restartCount }: Pick<Wanted, 'wanted' | 'restartCount'>): string => `${wanted}/${restartCount}`

export function openInstanceRows({ database, sealer }: { database: Database; sealer: Sealer }): InstanceRows {
  return {
    readWanted: async () => (await database.query<WantedRow>(wantedSql)).map(toWanted),
    takeEpoch: async instanceId => {
      const [row] = await database.query<{ epoch: string; ended_cleanly: boolean | null }>(takeSql, [instanceId])
      if (row === undefined) throw new Error(`taking instance ${instanceId}: expected a row of instance_owners, got none`)
      return { epoch: Number(row.epoch), endedCleanly: row.ended_cleanly ?? true }
    },
    endCleanly: async ({ instanceId, epoch }) => {
      await database.query('update instance_owners set ended_cleanly = true where instance_id = $1 and epoch = $2', [
        instanceId,
        epoch,
      ])
    },
    park: async ({ instanceId, epoch }, task) => {
      await database.query('update instance_owners set parked_for = $3 where instance_id = $1 and epoch = $2', [
        instanceId,
        epoch,
        task,
      ])
    },
    showQr: async ({ instanceId, epoch, qr, expiresAt }) => {
      const sealed = sealer.seal(Buffer.from(qr), `instance_qr|${instanceId}`)
      await database.query(showQrSql, [instanceId, epoch, sealed, expiresAt])
    },
    hideQr: async ({ instanceId, epoch }) => {
      await database.query('delete from instance_qr where instance_id = $1 and epoch <= $2', [instanceId, epoch])
    },
  }
}

type WantedRow = {
  instance_id: string
  request_id: string
  wanted: Wanted['wanted']
  restart_count: number
  parked_for: string | null
  purged: boolean
  settings: unknown
}

const toWanted = (row: WantedRow): Wanted => ({
  instanceId: row.instance_id,
  requestId: row.request_id,
  wanted: row.wanted,
  restartCount: row.restart_count,
  parkedFor: row.parked_for,
  purged: row.purged,
  settings: readSettings(row.settings),
})

const wantedSql = `select i.instance_id, i.request_id, i.wanted, i.restart_count, i.settings, o.parked_for, ${isPurged('i.instance_id')} as purged
from instance_ids i left join instance_owners o using (instance_id)
where not ${isErased('i.instance_id')} and (i.wanted <> 'deleted' or o.parked_for is distinct from 'deleted/' || i.restart_count)
  and not exists (select from api_outbox b
    where b.key = i.instance_id and b.appended_at is null and b.headers ->> 'event-type' = 'instance.created')
order by i.reserved_at, i.instance_id`

const takeSql = `with before as (select ended_cleanly from instance_owners where instance_id = $1)
insert into instance_owners (instance_id, epoch, ended_cleanly) select $1::text, nextval('instance_epochs'), false where not ${isErased('$1::text')}
on conflict (instance_id) do update set epoch = excluded.epoch, taken_at = now(), ended_cleanly = false
returning epoch, (select ended_cleanly from before) as ended_cleanly`

const showQrSql = `with shown as (
  insert into instance_qr (instance_id, epoch, qr, expires_at)
  select $1, $2, $3, to_timestamp($4::float8 / 1000) where exists (select from instance_owners where instance_id = $1 and epoch = $2)
  on conflict (instance_id) do update set epoch = excluded.epoch, qr = excluded.qr, expires_at = excluded.expires_at
)
select pg_notify('instance_qr', $1)`
