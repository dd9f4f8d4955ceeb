import { addActionRoutes } from './action-routes.ts';
import { addAdoptRoutes } from './adopt-routes.ts';
import { addAlarmRoutes } from './alarm-routes.ts';
import type { App } from './app.ts';
import { addAssetRoutes } from './asset-routes.ts';
import { addCallRoutes } from './call-routes.ts';
import { addCaseRoutes } from './case-routes.ts';
import type { ApiContext } from './context.ts';
import { addDutyRoutes } from './duty-routes.ts';
import { addExerciseRoutes } from './exercise-routes.ts';
import { addHealthRoutes } from './health-routes.ts';
import { addJobRoutes } from './job-routes.ts';
import { addLinkRoutes } from './link-routes.ts';
import type { Live } from './live.ts';
import { addLiveRoutes } from './live-routes.ts';
import { addOutputRoutes } from './output-routes.ts';
import { addPeopleRoutes } from './people-routes.ts';
import { addPermitRoutes } from './permit-routes.ts';
import { addPhotoRoutes } from './photo-routes.ts';
import { addPointRoutes } from './point-routes.ts';
import type { Register } from './register.ts';
import { addReportRoutes } from './report-routes.ts';
import type { Sessions } from './sessions.ts';
import { addSignInRoutes } from './sign-in-routes.ts';
import { addSiteChangeRoutes } from './site-change-routes.ts';
import { addSiteRoutes } from './site-routes.ts';
import { addStandingRoutes } from './standing-routes.ts';
import { addUserRoutes } from './user-routes.ts';

/** What answers the requests. */
export interface RouteParts {
  readonly context: ApiContext;
  readonly sessions: Sessions;
  readonly register: Register;
  readonly live: Live;
}

/** Every route that the OpenAPI document tells of. They ask nothing of their parts before a request comes. */
export function addRoutes(app: App, { context, sessions, register, live }: RouteParts): void {
  addHealthRoutes(app, context);
  addSignInRoutes(app, context, sessions, register);
  addUserRoutes(app, context, sessions, register);
  addSiteRoutes(app, context);
  addSiteChangeRoutes(app, context);
  addAlarmRoutes(app, context);
  addActionRoutes(app, context);
  addStandingRoutes(app, context);
  addPointRoutes(app, context);
  addPermitRoutes(app, context);
  addDutyRoutes(app, context);
  addCaseRoutes(app, context);
  addPhotoRoutes(app, context);
  addPeopleRoutes(app, context);
  addLinkRoutes(app, context);
  addAdoptRoutes(app, context);
  addAssetRoutes(app, context);
  addReportRoutes(app, context);
  addOutputRoutes(app, context);
  addExerciseRoutes(app, context);
  addJobRoutes(app, context);
  addCallRoutes(app, context);
  addLiveRoutes(app, live);
}
