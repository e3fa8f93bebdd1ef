import type { EdgeLambda } from './edge-peers.ts'
import type { AwsResponse, Service } from './service.ts'

/** Credentials of a role session, as STS gives them out. */
export interface SessionCredentials {
  accessKeyId: string
  secretAccessKey: string
  sessionToken: string
  /** Milliseconds since the epoch. */
  expiresAt: number
}

/** What Lambda (and CloudFront, for the functions at the edge) asks of IAM and STS. */
export interface FunctionRoles {
  /**
   * Does the role exist, does its trust policy let the service principal (`lambda.amazonaws.com`) assume it, and are
   * its creation and its last trust policy change at least `timing.roleAssumable` ago?
   */
  assumableBy(roleArn: string, servicePrincipal: string): boolean
  /** A session of the role, made in-process for a function's container. Throws AwsError if the role is gone. */
  startSession(roleArn: string, sessionName: string): SessionCredentials
}

/** A tagged (or once tagged) resource, for the Resource Groups Tagging API. */
export interface TaggedResource {
  arn: string
  /** As in ResourceTypeFilters: `kms:key`, `lambda:function`, `cloudfront:distribution`. */
  type: string
  tags: Readonly<Record<string, string>>
}

/** A service whose resources the Resource Groups Tagging API finds. */
export interface TaggedResources {
  /** Those of one region; global resources count as us-east-1's. */
  taggedResources(region: string): readonly TaggedResource[]
}

/** What CloudFront checks of a version before it associates it with a cache behavior. */
export interface AssociableVersion {
  arn: string
  state: 'Pending' | 'Active'
  runtime: string
  /** MiB */
  memorySize: number
  /** Seconds */
  timeout: number
  /** Bytes of the zip. */
  codeSize: number
  roleArn: string
  hasEnvironment: boolean
  /** `x86_64` or `arm64`. */
  architecture: string
}

/** The Lambda service as the others see it. */
export interface LambdaService extends Service, EdgeLambda, TaggedResources {
  /** A numbered version by its ARN. */
  version(arn: string): AssociableVersion | undefined
  /** The versions associated with distributions are replicated and can't be deleted; CloudFront tells which. */
  protectReplicated(isReplicated: (versionArn: string) => boolean): void
  /** Paths of the endpoint under this prefix are downloads of code and carry no AWS signature. */
  readonly codePathPrefix: string
  /** Answers a GET of `Code.Location`. */
  download(path: string, query: URLSearchParams): AwsResponse
  /** Ends the container that has the session of this access key, at work or not. */
  kill(accessKeyId: string): void
  /** Ends all containers. */
  close(): Promise<void>
}
