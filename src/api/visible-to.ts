// What a key may see of what happens: the one place that whoever shows events asks.
import type { Need } from './needs.ts'

export type Visible = (shown: { instanceId: string; type: string }) => boolean

/** The administrator's key is the only one that reaches events, and sees all of them. Closed by default, for a key that is another one. */
export const visibleTo = (key: Need): Visible => {
  const seesAll = key === 'admin'
  return () => seesAll
}
