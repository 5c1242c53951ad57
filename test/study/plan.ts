// Studies in a few words, for tests.
import { parseStudy } from '../../src/config/study-file.ts';
import type { StudyPlan } from '../../src/model/study.ts';
import { designArms } from '../../src/study/design.ts';
import { exampleSide } from '../examples/run.ts';

export const setting = { side: exampleSide, environment: {}, initramfs: null };

export function planOf(text: string): StudyPlan {
  const study = parseStudy(`version: 1\nname: test\n${text}`, { name: 'study.yml', folder: '/' });
  const { factors, arms } = designArms(setting, study.factors, study.design);
  return { name: study.name, design: study.design, factors, arms, sampling: study.sampling, digest: study.digest };
}

export const usual = 'factors:\n  cpus: [4, 2, 1]\n  console:\n    quiet: {}\n    loud: { append: loglevel=7 }\n';
