/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "document/revisions.h"
int kyso_pdf_judge_revisions(struct kyso_pdf_file *file,
                             struct kyso_pdf_findings *findings)
{
    (void)file; (void)findings;
    return 0;
}
