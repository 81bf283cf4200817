import App from '../app/index.ts';
import { authorHelp } from '../command/author.ts';

/** `yo ds-devops:pack`: what the bin does as `ds-devops pack`. */
export default class extends App {
  protected override readonly called = {
    command: 'yo ds-devops:pack',
    typed: /^(generator-)?ds-devops:pack$/,
    words: ['pack'],
  };

  override help(): string {
    return authorHelp(this.called.command);
  }

  // Yeoman runs what the class itself has, and not what it inherits.
  override async default(): Promise<void> {
    await super.default();
  }
}
