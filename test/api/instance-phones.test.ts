// Two instances may be devices of one phone: each of them gets all its messages, which nobody should have to find out by counting.
import { afterAll, beforeAll, expect, test } from 'vitest'
import { openTestApi, type TestApi } from '../ground/api/open-test-api.ts'
import { appendEvents, projectEvents } from '../ground/api/project-events.ts'
import { anEvent } from '../ground/events.ts'
import { collectLogLines } from '../ground/log-lines.ts'

const logger = collectLogLines()
const phone = '5511900000011'
let api: TestApi
let projection: { close(): Promise<void> }
beforeAll(async () => {
  api = await openTestApi('api-instance-phones', logger)
  projection = await projectEvents(api, logger)
})
afterAll(async () => {
  await projection.close()
  await api.close()
})

const pair = async (instanceId: string, of = phone) => {
  await api.call('POST', '/v1/instances', { body: { id: instanceId, name: instanceId } })
  const open = anEvent('instance.state-changed', { instanceId, state: 'open', phone: of })
  return appendEvents(api, [open])
}

test('[A1] instances of one phone name each other, until one is logged out or deleted', async () => {
  const positions = [await pair('sales'), await pair('other', '5511900000012'), await pair('support'), await pair('copy')]
  const read = async (id: string) => (await api.call('GET', `/v1/instances/${id}`)).json
  // Each is in the partition of its instance: what waits for one says nothing of another.
  for (const position of positions) expect((await api.call('GET', `/v1/instances?waitFor=${position}`)).status).toBe(200)
  expect((await read('sales')).samePhoneAs).toEqual(['copy', 'support'])
  expect((await read('other')).samePhoneAs).toBeUndefined()

  await api.call('DELETE', '/v1/instances/copy')
  expect((await read('support')).samePhoneAs).toEqual(['sales'])
  const loggedOut = await appendEvents(api, [
    anEvent('instance.logged-out', { instanceId: 'sales', reason: 'logged-out', epoch: 2, sequence: 1 }),
  ])
  expect((await api.call('GET', `/v1/instances/support?waitFor=${loggedOut}`)).json.samePhoneAs).toBeUndefined()
  expect((await read('sales')).samePhoneAs).toBeUndefined()
})
