/** One rung of the ladder of "DevOps for Data Science – DevOps Maturity" (Buck Woody). */
export interface Stage {
  /** 0 is the bare service; 1–6 are the six maturity stages. */
  readonly level: number;
  readonly title: string;
  /** The folder of a template pack that holds the stage's files. */
  readonly folder: string;
  /** What the stage is for, in one line. */
  readonly purpose: string;
}

export const stages: readonly Stage[] = [
  {
    level: 0,
    title: 'Service',
    folder: '0-service',
    purpose: 'the model, trained, verified and served',
  },
  {
    level: 1,
    title: 'Infrastructure as Code',
    folder: '1-infrastructure',
    purpose: 'what the service runs on is text, tested like code',
  },
  {
    level: 2,
    title: 'Continuous Integration and Automated Testing',
    folder: '2-integration',
    purpose: 'tests of the model, run on every change',
  },
  {
    level: 3,
    title: 'Continuous Delivery',
    folder: '3-delivery',
    purpose: 'always releasable; a person presses the button',
  },
  {
    level: 4,
    title: 'Release Management',
    folder: '4-release',
    purpose: 'planned, versioned, approved, and rolled back when worse',
  },
  {
    level: 5,
    title: 'Application Performance Monitoring',
    folder: '5-monitoring',
    purpose: 'the service, the model and the cycle are watched',
  },
  {
    level: 6,
    title: 'Load Testing and Auto-Scale',
    folder: '6-scale',
    purpose: 'loaded until it fails, and scaled from the numbers',
  },
];

/** The highest stage this version has templates for; a test holds it to the folders of `templates/`. */
export const highestLevel = 6;
