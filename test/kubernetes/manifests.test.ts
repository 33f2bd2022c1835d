// Guarantee: the manifests are of settings that zaplog takes, a Deployment for each role that stops in time, and scale by metrics that there are.
import { expect, test } from 'vitest'
import { parseConfig } from '../../src/runtime/config.ts'
import { roles } from '../../src/runtime/config-values.ts'
import { makeSecrets, readRoot } from '../ground/docker/compose-file.ts'
import { readManifests } from '../ground/kubernetes/manifests.ts'

const manifests = readManifests()
const deployments = manifests.filter(({ kind }) => kind === 'Deployment')
const podOf = (one: (typeof manifests)[number] | undefined) => one?.spec?.template?.spec
const { version } = JSON.parse(readRoot('package.json'))

test('[H9] each role has a Deployment of the version that this is, and producers are never two', () => {
  const byRole = new Map(deployments.map(one => [podOf(one)?.containers[0].env.find(({ name }) => name === 'ROLES')?.value, one]))
  expect([...byRole.keys()].toSorted()).toEqual([...roles].toSorted())
  for (const one of deployments) expect(podOf(one)?.containers[0].image).toBe(`zaplog:${version}`)
  expect(byRole.get('producers')?.spec).toMatchObject({ replicas: 1, strategy: { type: 'Recreate' } })
})

test('[H9] zaplog takes the settings with those of the Secret, and its pods wait for its stop', () => {
  const settings = manifests.find(({ kind }) => kind === 'ConfigMap')?.data ?? {}
  const secrets = { ...makeSecrets(), DATABASE_URL: 'postgres://zaplog:secret@db/zaplog' }
  const given = Object.fromEntries(
    ['DATABASE_URL', 'ENCRYPTION_KEY', 'ADMIN_API_KEY', 'METRICS_TOKEN', 'S3_ACCESS_KEY_ID', 'S3_SECRET_ACCESS_KEY'].map(name => [
      name,
      Object.entries(secrets).find(([other]) => other === name)?.[1],
    ]),
  )
  const parsed = parseConfig({ ...settings, ...given })
  expect(parsed).toMatchObject({ ok: true })
  for (const one of deployments)
    expect((podOf(one)?.terminationGracePeriodSeconds ?? 0) * 1_000).toBeGreaterThan(
      parsed.ok ? parsed.config.stopWithinMs : Infinity,
    )
})

test('[I2] no pod may more than it has to, and no manifest has a secret in it', () => {
  for (const one of deployments) {
    const [container] = podOf(one)?.containers ?? []
    expect(container?.securityContext).toEqual({
      allowPrivilegeEscalation: false,
      readOnlyRootFilesystem: true,
      capabilities: { drop: ['ALL'] },
    })
    expect(container?.envFrom).toEqual([{ configMapRef: { name: 'zaplog' } }, { secretRef: { name: 'zaplog' } }])
  }
  expect(manifests.filter(({ kind }) => kind === 'Secret')).toEqual([])
})

test('[H9] what scales names a Deployment that there is and metrics that zaplog has', () => {
  const scalers = manifests.filter(({ kind }) => kind === 'ScaledObject')
  const names = deployments.map(({ metadata }) => metadata.name)
  const known = new Set(readRoot('docs/metrics.md').match(/zaplog_\w+/g))
  for (const { spec } of scalers) {
    expect(names).toContain(spec?.scaleTargetRef?.name)
    for (const { metadata } of spec?.triggers ?? [])
      for (const metric of metadata.query?.match(/zaplog_\w+/g) ?? []) expect([...known]).toContain(metric)
  }
  expect(scalers.map(({ spec }) => spec?.scaleTargetRef?.name)).not.toContain('zaplog-producers')
  for (const metric of readRoot('infra/kubernetes/README.md').match(/zaplog_\w+/g) ?? []) expect([...known]).toContain(metric)
})
