
/*
 * Folders of templates: NAME/template.json and NAME.zip for everybody,
 * TENANT/NAME/template.json and TENANT/NAME.zip for one tenant.
 *
 * They are read while the configuration is read, each folder once, whole and
 * valid or not at all.  A reload reads them again; the requests of old workers
 * go on with what these were forked with.
 */


#include "ngx_http_templrender.h"


static void ngx_http_templrender_fonts_cleanup(void *data);
static ngx_int_t ngx_http_templrender_load_names(
    ngx_http_templrender_reading_t *reading, ngx_str_t *path,
    ngx_str_t *tenant);


static ngx_str_t  ngx_http_templrender_json = ngx_string("template.json");
static ngx_str_t  ngx_http_templrender_fonts = ngx_string("fonts");


/* the fonts that all templates share, the embedded ones behind them */

ngx_int_t
ngx_http_templrender_load_fonts(ngx_conf_t *cf,
    ngx_http_templrender_main_conf_t *mcf)
{
    ngx_int_t            rc;
    ngx_str_t           *folder, *path, bytes;
    ngx_uint_t           i, n;
    ngx_array_t          paths;
    templrender_error   *error;
    ngx_pool_cleanup_t  *cln;

    if (mcf->fonts) {
        return NGX_OK;
    }

    cln = ngx_pool_cleanup_add(cf->pool, 0);
    if (cln == NULL) {
        return NGX_ERROR;
    }

    error = NULL;

    if (templrender_fonts_new(true, &mcf->fonts, &error) != TEMPLRENDER_OK) {
        ngx_http_templrender_conf_error(cf, &ngx_http_templrender_fonts, 0,
                                        error);
        templrender_error_free(error);
        return NGX_ERROR;
    }

    cln->handler = ngx_http_templrender_fonts_cleanup;
    cln->data = mcf->fonts;

    folder = mcf->font_folders ? mcf->font_folders->elts : NULL;
    n = mcf->font_folders ? mcf->font_folders->nelts : 0;

    for ( /* void */ ; n; n--, folder++) {

        if (ngx_array_init(&paths, cf->temp_pool, 16, sizeof(ngx_str_t))
            != NGX_OK
            || ngx_http_templrender_font_files(cf, folder, &paths) != NGX_OK)
        {
            return NGX_ERROR;
        }

        path = paths.elts;

        for (i = 0; i < paths.nelts; i++) {

            if (ngx_http_templrender_read_file(cf, &path[i],
                                               NGX_HTTP_TEMPLRENDER_MAX_FILE,
                                               &bytes)
                != NGX_OK)
            {
                return NGX_ERROR;
            }

            rc = templrender_fonts_add(mcf->fonts,
                                       ngx_http_templrender_slice(&bytes),
                                       NULL, &error);
            ngx_free(bytes.data);

            if (rc != TEMPLRENDER_OK) {
                ngx_http_templrender_conf_error(cf, &path[i], 0, error);
                templrender_error_free(error);
                return NGX_ERROR;
            }
        }
    }

    return NGX_OK;
}


static void
ngx_http_templrender_fonts_cleanup(void *data)
{
    templrender_fonts_free(data);
}


ngx_http_templrender_folder_t *
ngx_http_templrender_load_folder(ngx_conf_t *cf,
    ngx_http_templrender_main_conf_t *mcf, ngx_str_t *path)
{
    ngx_uint_t                       i;
    ngx_http_templrender_folder_t   *folder, **folders;
    ngx_http_templrender_reading_t   reading;

    folders = mcf->folders.elts;

    for (i = 0; i < mcf->folders.nelts; i++) {
        if (folders[i]->path.len == path->len
            && ngx_strncmp(folders[i]->path.data, path->data, path->len) == 0)
        {
            return folders[i];
        }
    }

    folder = ngx_pcalloc(cf->pool, sizeof(ngx_http_templrender_folder_t));
    if (folder == NULL) {
        return NULL;
    }

    folder->path = *path;
    ngx_rbtree_init(&folder->rbtree, &folder->sentinel,
                    ngx_str_rbtree_insert_value);

    reading.cf = cf;
    reading.mcf = mcf;
    reading.folder = folder;
    reading.pool = cf->temp_pool;

    if (realpath((char *) path->data, (char *) reading.real) == NULL) {
        ngx_log_error(NGX_LOG_EMERG, cf->log, ngx_errno,
                      "templrender: %V: it cannot be opened", path);
        return NULL;
    }

    if (ngx_http_templrender_load_names(&reading, path, NULL) != NGX_OK) {
        return NULL;
    }

    folders = ngx_array_push(&mcf->folders);
    if (folders == NULL) {
        return NULL;
    }

    *folders = folder;
    mcf->templates += folder->n;

    return folder;
}


/* the templates of everybody, or of one tenant */

static ngx_int_t
ngx_http_templrender_load_names(ngx_http_templrender_reading_t *reading,
    ngx_str_t *path, ngx_str_t *tenant)
{
    ngx_str_t        inner, file, name, *names;
    ngx_uint_t       i;
    ngx_array_t      list;
    ngx_file_info_t  fi;

    if (ngx_array_init(&list, reading->pool, 16, sizeof(ngx_str_t)) != NGX_OK
        || ngx_http_templrender_list(reading->cf, path, &list) != NGX_OK)
    {
        return NGX_ERROR;
    }

    names = list.elts;

    for (i = 0; i < list.nelts; i++) {

        name = names[i];

        if (ngx_http_templrender_join(reading->pool, path, &name, &inner)
            != NGX_OK
            || (tenant
                && ngx_http_templrender_join(reading->pool, tenant, &names[i],
                                             &name)
                   != NGX_OK))
        {
            return NGX_ERROR;
        }

        if (!ngx_http_templrender_is_dir(&inner)) {

            if (ngx_http_templrender_ends_with(&name, ".zip")) {
                name.len -= sizeof(".zip") - 1;

                if (ngx_http_templrender_load_zip(reading, &inner, &name)
                    != NGX_OK)
                {
                    return NGX_ERROR;
                }
            }

            continue;
        }

        if (ngx_http_templrender_join(reading->pool, &inner,
                                      &ngx_http_templrender_json, &file)
            != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (ngx_file_info(file.data, &fi) != NGX_FILE_ERROR
            && ngx_http_templrender_load_dir(reading, &inner, &name)
               != NGX_OK)
        {
            return NGX_ERROR;
        }

        if (tenant == NULL
            && ngx_http_templrender_load_names(reading, &inner, &names[i])
               != NGX_OK)
        {
            return NGX_ERROR;
        }
    }

    return NGX_OK;
}


/*
 * The template that a URL names: the tenant's own first, then everybody's, and
 * of these the version that it names.  *known says whether there is one of that
 * name at all.
 */

ngx_http_templrender_bundle_t *
ngx_http_templrender_find(ngx_http_templrender_ctx_t *ctx, ngx_uint_t *known)
{
    u_char                           *data;
    uint32_t                          hash;
    ngx_str_t                         name, own;
    ngx_uint_t                        i;
    ngx_http_templrender_folder_t    *folder;
    ngx_http_templrender_template_t  *t;

    *known = 0;
    folder = ctx->conf->folder;

    if (folder == NULL) {
        return NULL;
    }

    data = ngx_pnalloc(ctx->request->pool,
                       ctx->tenant.len + 1 + ctx->template.len);
    if (data == NULL) {
        return NULL;
    }

    own.data = data;
    own.len = ngx_sprintf(data, "%V/%V", &ctx->tenant, &ctx->template) - data;
    name = own;

    for (i = 0; i < 2; i++) {
        hash = ngx_crc32_long(name.data, name.len);

        t = (ngx_http_templrender_template_t *)
                ngx_str_rbtree_lookup(&folder->rbtree, &name, hash);

        if (t) {
            *known = 1;

            if (ctx->digest.len == 0
                || (ctx->digest.len == t->bundle.version.len
                    && ngx_strncmp(ctx->digest.data, t->bundle.version.data,
                                   ctx->digest.len)
                       == 0))
            {
                return &t->bundle;
            }
        }

        name = ctx->template;
    }

    return NULL;
}
