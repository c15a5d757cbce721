# Reference results for settings of the families that transformers' own fixtures here do not show: a plain decoder written out in one function,
# one sequence at a time, apart from the library's. Made with PyTorch in float32 (frequencies in float64); run it to make the folders beside it again.
import torch, math, json, os, struct, numpy as np
torch.manual_seed(0)
def save(path, tensors):
    T={torch.float32:'F32',torch.float16:'F16',torch.bfloat16:'BF16',torch.int64:'I64'}
    h={};o=0;bs=[]
    for n,t in tensors.items():
        t=t.detach().contiguous()
        b=(t.view(torch.int16) if t.dtype==torch.bfloat16 else t).numpy().tobytes()
        h[n]={'dtype':T[t.dtype],'shape':list(t.shape),'data_offsets':[o,o+len(b)]};o+=len(b);bs.append(b)
    j=json.dumps(h).encode(); j+=b' '*(-len(j)%8)
    open(path,'wb').write(struct.pack('<Q',len(j))+j+b''.join(bs))
def act(n):
    g=lambda x:0.5*x*(1+torch.tanh(math.sqrt(2/math.pi)*(x+0.044715*x**3)))
    e=lambda x:0.5*x*(1+torch.erf(x/math.sqrt(2)))
    return {'silu':lambda x:x*torch.sigmoid(x),'gelu':e,'gelu_new':g,'gelu_pytorch_tanh':g,'gelu_fast':g,'gelu_python':e,'gelu_10':lambda x:e(x).clamp(-10,10),'quick_gelu':lambda x:x*torch.sigmoid(1.702*x),'relu':torch.relu,'relu2':lambda x:torch.relu(x)**2,'gelu_accurate':g}[n]
def invfreq(rope,dim,maxpos,T):
    base=rope.get('theta',10000.);k=rope.get('type','default')
    f=1/base**(torch.arange(0,dim,2,dtype=torch.float64)/dim); amp=1.
    orig=rope.get('orig',maxpos)
    if k=='linear': f=f/rope['factor']
    if k=='dynamic':
        L=max(T,maxpos);fa=rope['factor'];b=base*((fa*L/maxpos)-(fa-1))**(dim/(dim-2));f=1/b**(torch.arange(0,dim,2,dtype=torch.float64)/dim)
    if k=='llama3':
        out=[]
        for x in f.tolist():
            w=2*math.pi/x
            if w<orig/rope['high']: out.append(x)
            elif w>orig/rope['low']: out.append(x/rope['factor'])
            else:
                s=(orig/w-rope['low'])/(rope['high']-rope['low']); out.append((1-s)*x/rope['factor']+s*x)
        f=torch.tensor(out,dtype=torch.float64)
    if k=='yarn':
        fa=rope.get('factor') or maxpos/orig
        ms=lambda m=1.: 1. if fa<=1 else .1*m*math.log(fa)+1
        amp=rope.get('attention_factor') or (ms(rope['mscale'])/ms(rope['mall']) if rope.get('mscale') and rope.get('mall') else ms())
        cd=lambda r: dim*math.log(orig/(r*2*math.pi))/(2*math.log(base))
        lo,hi=cd(rope.get('fast',32)),cd(rope.get('slow',1))
        if rope.get('truncate',True): lo,hi=math.floor(lo),math.ceil(hi)
        lo,hi=max(lo,0),min(hi,dim-1)
        if lo==hi: hi+=.001
        r=((torch.arange(dim//2,dtype=torch.float64)-lo)/(hi-lo)).clamp(0,1)
        f=f/fa*r+f*(1-r)
    if k=='longrope':
        fa=rope.get('factor') or maxpos/orig
        amp=rope.get('attention_factor') or (1. if fa<=1 else math.sqrt(1+math.log(fa)/math.log(orig)))
        e=torch.tensor(rope['long'] if T>orig else rope['short'],dtype=torch.float64); f=f/e
    return f,amp
def rot(x,f,amp):  # (T,H,D)
    T=x.shape[0];r=2*len(f)
    a=(torch.arange(T,dtype=torch.float64)[:,None]*f[None])
    c=(torch.cat([a,a],-1).cos()*amp).to(x.dtype)[:,None];s=(torch.cat([a,a],-1).sin()*amp).to(x.dtype)[:,None]
    p,q=x[...,:r],x[...,r:]
    h=torch.cat([-p[...,r//2:],p[...,:r//2]],-1)
    return torch.cat([p*c+h*s,q],-1)
def forward(m,W,ids,states=None):
    H,KV,D,L,C=m['H'],m['KV'],m['D'],m['L'],m['C'];A=act(m['act'])
    def lin(n,x):
        w=W[n+'.weight']; y=x@(w if m.get('conv') else w.t()); return y+W[n+'.bias'] if n+'.bias' in W else y
    def rms(n,x):
        y=x*torch.rsqrt((x*x).mean(-1,keepdim=True)+m['eps']); w=W[n+'.weight']
        return y*(1+w if m.get('one') else w)
    def ln(n,x):
        mu=x.mean(-1,keepdim=True);v=((x-mu)**2).mean(-1,keepdim=True)
        return (x-mu)/torch.sqrt(v+m['eps'])*W[n+'.weight']+W[n+'.bias']
    norm=ln if m.get('ln') else rms
    N=m['names'];T=len(ids);x=W[N['emb']][ids]*m.get('embmul',1.)
    if m.get('pos'): x=x+W[N['pos']][:T]
    if states is not None: states.append(x)
    i=torch.arange(T);full=i[None]<=i[:,None]
    for l in range(L):
        p=N['layer']%l; slide=m['slides'][l] if m.get('slides') else False
        vis=full&(i[None]>i[:,None]-m['window']) if slide else full
        h=norm(p+N['ln1'],x) if m.get('place','before')!='after' else x
        if m.get('qkv')=='fused': y=lin(p+N['qkv'],h);q,k,v=y.split([H*D,KV*D,KV*D],-1)
        elif m.get('qkv')=='heads': y=lin(p+N['qkv'],h).view(T,H,3*D);q,k,v=y[...,:D],y[...,D:2*D],y[...,2*D:]
        else: q,k,v=lin(p+N['q'],h),lin(p+N['k'],h),lin(p+N['v'],h)
        if m.get('qknorm')=='whole': q,k=rms(p+N['qn'],q),rms(p+N['kn'],k)
        q,k,v=q.reshape(T,H,D),k.reshape(T,KV,D),v.reshape(T,KV,D)
        if m.get('qknorm')=='head': q,k=rms(p+N['qn'],q),rms(p+N['kn'],k)
        if not m.get('pos') and (m.get('rotates') is None or m['rotates'][l]):
            r=m['rope_local'] if slide and m.get('rope_local') else m['rope']
            f,amp=invfreq(r,int(D*m.get('partial',1.)),m['maxpos'],T); q,k=rot(q,f,amp),rot(k,f,amp)
        k,v=k.repeat_interleave(H//KV,1),v.repeat_interleave(H//KV,1)
        s=torch.einsum('thd,shd->hts',q,k)*m.get('scale',D**-.5)
        if m.get('bylayer'): s=s/(l+1)
        if m.get('cap'): s=torch.tanh(s/m['cap'])*m['cap']
        s=s.masked_fill(~vis,-1e30).softmax(-1)
        a=lin(p+N['o'],torch.einsum('hts,shd->thd',s,v).reshape(T,H*D))
        def mlp(z):
            if m.get('ff')=='plain': return lin(p+N['down'],A(lin(p+N['up'],z)))
            if m.get('ff')=='fusedgate': g,u=lin(p+N['gu'],z).chunk(2,-1); return lin(p+N['down'],A(g)*u)
            return lin(p+N['down'],A(lin(p+N['gate'],z))*lin(p+N['up'],z))
        R=m.get('res',1.);pl=m.get('place','before')
        if pl=='before':
            if m.get('parallel'): x=x+a+mlp(norm(p+N['ln2'],x))
            else: x=x+R*a; x=x+R*mlp(norm(p+N['ln2'],x))
        elif pl=='after': x=x+norm(p+N['ln2'],a); x=x+norm(p+N['ln4'],mlp(x))
        else: x=x+norm(p+N['ln2'],a); x=x+norm(p+N['ln4'],mlp(norm(p+N['ln3'],x)))
        if states is not None and l<L-1: states.append(x)
    x=norm(N['final'],x)
    if states is not None: states.append(x)
    y=x@W[N.get('head') if N.get('head') in W else N['emb']].t()/m.get('logdiv',1.)
    if m.get('logcap'): y=torch.tanh(y/m['logcap'])*m['logcap']
    return y
LL=dict(emb='model.embed_tokens.weight',layer='model.layers.%d.',ln1='input_layernorm',ln2='post_attention_layernorm',ln3='pre_feedforward_layernorm',ln4='post_feedforward_layernorm',q='self_attn.q_proj',k='self_attn.k_proj',v='self_attn.v_proj',o='self_attn.o_proj',qkv='self_attn.qkv_proj',qn='self_attn.q_norm',kn='self_attn.k_norm',gate='mlp.gate_proj',up='mlp.up_proj',gu='mlp.gate_up_proj',down='mlp.down_proj',final='model.norm',head='lm_head.weight')
G2=dict(emb='transformer.wte.weight',pos='transformer.wpe.weight',layer='transformer.h.%d.',ln1='ln_1',ln2='ln_2',qkv='attn.c_attn',o='attn.c_proj',up='mlp.c_fc',down='mlp.c_proj',final='transformer.ln_f',head='lm_head.weight')
NX=dict(emb='gpt_neox.embed_in.weight',layer='gpt_neox.layers.%d.',ln1='input_layernorm',ln2='post_attention_layernorm',qkv='attention.query_key_value',o='attention.dense',up='mlp.dense_h_to_4h',down='mlp.dense_4h_to_h',final='gpt_neox.final_layer_norm',head='embed_out.weight')
V=64
def weights(m,tied,qb=False,ob=False,mb=False):
    C,H,KV,D,F=m['C'],m['H'],m['KV'],m['D'],m['F'];N=m['names'];W={}
    g=lambda *s,sc=None: torch.randn(*s)*(sc or 1.5/math.sqrt(s[-1]))
    def L(n,i,o,b):
        W[n+'.weight']=g(i,o,sc=1.5/math.sqrt(i)) if m.get('conv') else g(o,i)
        if b: W[n+'.bias']=torch.randn(o)*.3
    def nm(n,s):
        W[n+'.weight']=(0. if m.get('one') else 1.)+torch.randn(s)*.2
        if m.get('ln'): W[n+'.bias']=torch.randn(s)*.2
    W[N['emb']]=torch.randn(V,C)*.7
    if m.get('pos'): W[N['pos']]=torch.randn(m['maxpos'],C)*.5
    for l in range(m['L']):
        p=N['layer']%l;pl=m.get('place','before')
        if pl!='after': nm(p+N['ln1'],C)
        nm(p+N['ln2'],C)
        if pl=='around': nm(p+N['ln3'],C)
        if pl!='before': nm(p+N['ln4'],C)
        if m.get('qkv'): L(p+N['qkv'],C,(H+2*KV)*D,qb)
        else:
            L(p+N['q'],C,H*D,qb);L(p+N['k'],C,KV*D,qb);L(p+N['v'],C,KV*D,qb)
        L(p+N['o'],H*D,C,ob)
        if m.get('qknorm'): w=m['qknorm']=='whole';nm(p+N['qn'],H*D if w else D);nm(p+N['kn'],KV*D if w else D)
        if m.get('ff')=='plain': L(p+N['up'],C,F,mb)
        elif m.get('ff')=='fusedgate': L(p+N['gu'],C,2*F,mb)
        else: L(p+N['gate'],C,F,mb);L(p+N['up'],C,F,mb)
        L(p+N['down'],F,C,mb)
    nm(N['final'],C)
    if not tied: W[N['head']]=g(V,C)
    return W
def make(name,cfg,m,tied=False,dtype=torch.bfloat16,shards=1,**b):
    d=os.path.join(os.path.dirname(os.path.abspath(__file__)),name);os.makedirs(d,exist_ok=True)
    base=dict(C=32,H=4,KV=2,D=8,F=32,L=3,act='silu',eps=1e-6,maxpos=64,names=LL,rope={});base.update(m);m=base
    W={k:v.to(dtype).float().requires_grad_() for k,v in weights(m,tied,**b).items()}
    c=dict(vocab_size=V,tie_word_embeddings=tied,bos_token_id=1,eos_token_id=2,pad_token_id=0)
    if m['names'] is LL or m['names'] is NX: c.update(hidden_size=m['C'],intermediate_size=m['F'],num_hidden_layers=m['L'],num_attention_heads=m['H'],max_position_embeddings=m['maxpos'])
    if m['names'] is LL: c.update(num_key_value_heads=m['KV'],rms_norm_eps=m['eps'])
    c.update(cfg);c={k:v for k,v in c.items() if v!='-'};json.dump(c,open(d+'/config.json','w'))
    for f in os.listdir(d):
        if f.endswith('.safetensors') or 'index' in f: os.remove(d+'/'+f)
    S={k:v.detach().to(dtype) for k,v in W.items()}
    if shards==1: save(d+'/model.safetensors',S)
    else:
        ks=list(S);wm={}
        for s in range(shards):
            n='model-%05d-of-%05d.safetensors'%(s+1,shards);part={k:S[k] for k in ks[s::shards]};save(d+'/'+n,part);wm.update({k:n for k in part})
        json.dump({'metadata':{'total_size':1},'weight_map':wm},open(d+'/model.safetensors.index.json','w'))
    T=m.get('T',20);ids=torch.randint(3,V,(2,T));mask=torch.ones(2,T,dtype=torch.int64);mask[1,T-5:]=0
    st=[];ys=[forward(m,W,ids[0],st),forward(m,W,ids[1],None)]
    labels=ids.clone();labels[mask==0]=-100;labels[:,:3]=-100
    lo=torch.stack(ys);loss=torch.nn.functional.cross_entropy(lo[:,:-1].reshape(-1,V),labels[:,1:].reshape(-1),ignore_index=-100);loss.backward()
    g={'input_ids':ids,'attention_mask':mask,'labels':labels,'logits':lo.detach()*mask[...,None]}
    for i,s in enumerate(st): g['row0.hidden.%d'%i]=s.detach()
    save(d+'/golden.safetensors',g);json.dump({'kind':'model','name':name,'loss':loss.item()},open(d+'/fixture.json','w'))
ll=lambda **k: dict(model_type='llama',**k)
lng,sht=[1,1.5,2.5,4.],[1,1.1,1.2,1.4]
make('llama-bias-f16',ll(attention_bias=True,mlp_bias=True,hidden_act='gelu_10'),dict(act='gelu_10'),dtype=torch.float16,qb=True,ob=True,mb=True,shards=3)
make('llama3-toplevel-orig',ll(original_max_position_embeddings=20,rope_parameters=dict(rope_type='llama3',rope_theta=9e3,factor=4.,low_freq_factor=1.,high_freq_factor=4.,original_max_position_embeddings=32)),dict(rope=dict(theta=9e3,type='llama3',factor=4.,low=1.,high=4.,orig=20)))
make('llama-yarn-mscale',ll(rope_parameters=dict(rope_type='yarn',rope_theta=2e4,factor=3.,original_max_position_embeddings=16,beta_fast=8.,beta_slow=2.,mscale=.7,mscale_all_dim=1.3,truncate=False)),dict(rope=dict(theta=2e4,type='yarn',factor=3.,orig=16,fast=8.,slow=2.,mscale=.7,mall=1.3,truncate=False)))
make('llama-longrope-factor',ll(rope_scaling=dict(rope_type='longrope',factor=3.,short_factor=sht,long_factor=lng,original_max_position_embeddings=32)),dict(rope=dict(type='longrope',factor=3.,orig=32,short=sht,long=lng)))
make('qwen2-layertypes',dict(model_type='qwen2',use_sliding_window=True,sliding_window=4,layer_types=['sliding_attention','full_attention','sliding_attention'],rope_scaling=dict(type='yarn',factor=4.,original_max_position_embeddings=16)),dict(window=4,slides=[1,0,1],rope=dict(type='yarn',factor=4.,orig=16)),qb=True,tied=True)
make('qwen3-bias-window',dict(model_type='qwen3',attention_bias=True,head_dim=16,use_sliding_window=True,sliding_window=3,max_window_layers=2,rope_parameters=dict(rope_type='linear',factor=2.,rope_theta=1e6)),dict(D=16,qknorm='head',window=3,slides=[0,0,1],rope=dict(theta=1e6,type='linear',factor=2.)),qb=True,ob=True)
make('gemma-gelu-linear',dict(model_type='gemma',head_dim=12,hidden_act='gelu',attention_bias=True,rope_scaling=dict(rope_type='linear',factor=2.),tie_word_embeddings='-'),dict(D=12,act='gelu',one=1,embmul=math.sqrt(32),rope=dict(type='linear',factor=2.)),tied=True,qb=True,ob=True)
make('gemma2-types-relu',dict(model_type='gemma2',head_dim=8,query_pre_attn_scalar=8,attn_logit_softcapping=2.,final_logit_softcapping=3.,hidden_activation='relu',sliding_window=4,layer_types=['full_attention','sliding_attention','sliding_attention']),dict(act='relu',one=1,place='around',embmul=math.sqrt(32),cap=2.,logcap=3.,window=4,slides=[0,1,1]),tied=True)
make('gemma3-v4',dict(model_type='gemma3_text',head_dim=8,query_pre_attn_scalar=20,sliding_window=4,sliding_window_pattern=2,rope_theta=1e5,rope_local_base_freq=5e3,rope_scaling=dict(rope_type='linear',factor=8.),final_logit_softcapping=3.,tie_word_embeddings='-'),dict(act='gelu_pytorch_tanh',one=1,place='around',qknorm='head',embmul=math.sqrt(32),scale=20**-.5,window=4,slides=[1,0,1],rope=dict(theta=1e5,type='linear',factor=8.),rope_local=dict(theta=5e3),logcap=3.),tied=True)
make('gemma3-local-scaled',dict(model_type='gemma3_text',head_dim=8,query_pre_attn_scalar=20,sliding_window=4,layer_types=['full_attention','sliding_attention','sliding_attention'],attention_bias=True,attn_logit_softcapping=2.,rope_parameters=dict(full_attention=dict(rope_type='yarn',factor=4.,original_max_position_embeddings=16),sliding_attention=dict(rope_type='linear',factor=2.))),dict(act='gelu_pytorch_tanh',one=1,place='around',qknorm='head',embmul=math.sqrt(32),scale=20**-.5,window=4,slides=[0,1,1],cap=2.,rope=dict(theta=1e6,type='yarn',factor=4.,orig=16),rope_local=dict(theta=1e4,type='linear',factor=2.)),qb=True,ob=True)
make('phi3-longrope-partial-v5',dict(model_type='phi3',original_max_position_embeddings=16,rope_parameters=dict(rope_type='longrope',rope_theta=1e4,partial_rotary_factor=.5,short_factor=[1,1.3],long_factor=[1.5,3.],original_max_position_embeddings=16)),dict(qkv='fused',ff='fusedgate',partial=.5,rope=dict(type='longrope',orig=16,short=[1,1.3],long=[1.5,3.])))
make('smollm3-window',dict(model_type='smollm3',use_sliding_window=True,sliding_window=4,no_rope_layer_interval=2,attention_bias=True,mlp_bias=True,tie_word_embeddings='-'),dict(window=4,slides=[0,1,0],rotates=[1,0,1],rope=dict(theta=2e6)),tied=True,qb=True,ob=True,mb=True)
make('olmo2-bias-headdim',dict(model_type='olmo2',attention_bias=True,head_dim=12,rope_scaling=dict(rope_type='yarn',factor=2.,original_max_position_embeddings=32)),dict(D=12,place='after',qknorm='whole',rope=dict(type='yarn',factor=2.,orig=32)),qb=True,ob=True,tied=True)
make('granite-bias',dict(model_type='granite',attention_bias=True,mlp_bias=True,attention_multiplier=.11,embedding_multiplier=4.,residual_multiplier=.3,logits_scaling=2.5,head_dim=12,rope_scaling=dict(type='linear',factor=2.)),dict(D=12,scale=.11,embmul=4.,res=.3,logdiv=2.5,rope=dict(type='linear',factor=2.)),qb=True,ob=True,mb=True,tied=True)
g=lambda **k: dict(model_type='gpt2',n_embd=32,n_head=4,n_layer=3,n_positions=64,**k)
make('gpt2-inverse-untied',g(scale_attn_by_inverse_layer_idx=True,reorder_and_upcast_attn=True,n_inner=32,activation_function='relu'),dict(names=G2,KV=4,conv=1,ln=1,pos=1,qkv='fused',ff='plain',act='relu',eps=1e-5,bylayer=1),qb=True,ob=True,mb=True)
x=lambda **k: dict(model_type='gpt_neox',**k)
make('neox-serial-half',x(use_parallel_residual=False,rotary_pct=.5,rotary_emb_base=5000,hidden_act='gelu_fast',layer_norm_eps=1e-4),dict(names=NX,KV=4,D=8,ln=1,qkv='heads',ff='plain',act='gelu_fast',eps=1e-4,partial=.5,rope=dict(theta=5e3)),qb=True,ob=True,mb=True)
make('neox-nobias-tied',x(attention_bias=False,rotary_pct=1.,rope_scaling=dict(type='linear',factor=2.)),dict(names=NX,KV=4,ln=1,qkv='heads',ff='plain',act='gelu',eps=1e-5,parallel=1,rope=dict(type='linear',factor=2.)),mb=True,tied=True)
