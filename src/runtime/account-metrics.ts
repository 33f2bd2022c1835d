// How far what happened has come, as counters: by instance without the type and by type without the instance, so that their labels are as many
// as there are of either. Each process counts what it did itself.
import type { Metrics } from './metrics.ts'

/** received: stanzas, by instance alone. appended: events in the log. projected: in the read model, copies left out. delivered: taken by endpoints. */
export type AccountedStage = 'received' | 'appended' | 'projected' | 'delivered'
/** `type`: of the event; null: not known yet. */
export type CountAccounted = (stage: AccountedStage, of: { instanceId: string; type: string | null }, count?: number) => void

export function countAccounted(metrics: Metrics): CountAccounted {
  const byInstance = metrics.counter('zaplog_accounted_by_instance_total')
  const byType = metrics.counter('zaplog_accounted_by_type_total')
  return (stage, { instanceId, type }, count = 1) => {
    byInstance.inc({ instance: instanceId, stage }, count)
    if (type !== null) byType.inc({ type, stage }, count)
  }
}
