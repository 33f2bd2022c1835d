// Who vouches for the server's key: a certificate chain that is really signed, from a root that clients are told to trust.
import { Curve, type KeyPair, proto } from '@whiskeysockets/baileys'

export type Authority = { rootPublicKey: Uint8Array; serverKey: KeyPair; chain: Buffer }

const validUntil = Date.UTC(2100, 0, 1) / 1000

/** root -> intermediate -> leaf, the leaf being the server's static key. */
export function createAuthority(): Authority {
  const root = Curve.generateKeyPair()
  const intermediate = Curve.generateKeyPair()
  const serverKey = Curve.generateKeyPair()
  const { Details } = proto.CertChain.NoiseCertificate
  const details = (serial: number, issuerSerial: number, key: Uint8Array) =>
    Buffer.from(Details.encode({ serial, issuerSerial, key, notBefore: 0, notAfter: validUntil }).finish())
  const intermediateDetails = details(1, 0, intermediate.public)
  const leafDetails = details(2, 1, serverKey.public)
  const chain = proto.CertChain.encode({
    intermediate: { details: intermediateDetails, signature: Curve.sign(root.private, intermediateDetails) },
    leaf: { details: leafDetails, signature: Curve.sign(intermediate.private, leafDetails) },
  }).finish()
  return { rootPublicKey: root.public, serverKey, chain: Buffer.from(chain) }
}
