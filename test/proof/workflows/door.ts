import http from 'node:http';
import type { AddressInfo } from 'node:net';

/** GitHub's tokens and AWS, as far as a delivery gets without either: it is signed in, and the state is not shown. */
export class Door {
  /** What the tokens were asked for: whom they are for, and by which secret of the job. */
  readonly tokens: string[][] = [];
  /** As whom somebody signed in, and by which token. */
  readonly signedIn: string[][] = [];
  /** What was asked for after that, and by which key. */
  readonly refused: string[][] = [];
  readonly #server = http.createServer(async (request, response) => {
    const url = new URL(request.url as string, 'http://door');
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const form = new URLSearchParams(Buffer.concat(chunks).toString());
    if (url.pathname === '/token') {
      this.tokens.push([String(url.searchParams.get('audience')), String(request.headers.authorization)]);
      response.end(JSON.stringify({ value: 'the-token-of-dev' }));
    } else if (form.get('Action') === 'AssumeRoleWithWebIdentity') {
      this.signedIn.push([String(form.get('RoleArn')), String(form.get('WebIdentityToken'))]);
      response.end(takenOn);
    } else if (form.get('Action') === 'GetCallerIdentity') {
      response.end(caller);
    } else {
      const key = /Credential=(\w+)/.exec(String(request.headers.authorization))?.[1] ?? 'nobody';
      this.refused.push([`${request.method} ${url.pathname}`, key]);
      response.writeHead(403).end('<Error><Code>AccessDenied</Code><Message>Access Denied</Message></Error>');
    }
  });

  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}

const takenOn = `<AssumeRoleWithWebIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">
<AssumeRoleWithWebIdentityResult><Credentials><AccessKeyId>KEYOFDEV</AccessKeyId><SecretAccessKey>x</SecretAccessKey>
<SessionToken>x</SessionToken><Expiration>2100-01-01T00:00:00Z</Expiration></Credentials>
</AssumeRoleWithWebIdentityResult></AssumeRoleWithWebIdentityResponse>`;

const caller = `<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
<Arn>arn:aws:sts::123456789012:assumed-role/demo-dev-deployer/delivery</Arn><UserId>x</UserId><Account>123456789012</Account>
</GetCallerIdentityResult></GetCallerIdentityResponse>`;
